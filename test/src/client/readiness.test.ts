import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusClientError } from '../../../src/client/error.ts'
import type { Link } from '../../../src/client/link.ts'
import { Readiness } from '../../../src/client/readiness.ts'

const link = {} as Link

test('whoever waits goes on with the next link', async () => {
  const readiness = new Readiness(2, 60_000)
  const waiting = [readiness.wait('a'), readiness.wait('b')]
  readiness.open(link)
  assert.deepEqual(await Promise.all(waiting), [link, link])
  assert.equal(readiness.link, link)
  readiness.pause()
  assert.equal(readiness.link, undefined)
})

test('as many may wait as were told, and one more is refused', async () => {
  const readiness = new Readiness(2, 60_000)
  const waiting = [readiness.wait('a'), readiness.wait('b')]
  assert.throws(() => readiness.wait('c'), { code: 'OVERFLOW', retry: true })
  readiness.open(link)
  await Promise.all(waiting)
})

test('nobody waits where nobody may', () => {
  assert.throws(() => new Readiness(0, 60_000).wait('a'), { code: 'OFFLINE', retry: true })
})

test('nobody waits longer than the time-out', async () => {
  const readiness = new Readiness(1, 20)
  await assert.rejects(readiness.wait('ping'), { code: 'TIMEOUT', message: 'no connection for ping within 20 ms' })
  const again = readiness.wait('ping')
  readiness.open(link)
  assert.equal(await again, link)
})

test('at the end everybody learns why, also who comes later', async () => {
  const readiness = new Readiness(1, 60_000)
  const reason = new BusClientError('CLOSED', 'gone')
  const waiting = readiness.wait('a')
  readiness.fail(reason)
  await assert.rejects(waiting, reason)
  assert.throws(() => readiness.wait('b'), reason)
  assert.equal(readiness.failure, reason)
})
