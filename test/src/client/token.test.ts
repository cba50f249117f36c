import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BusClientError } from '../../../src/client/index.ts'
import { boundTokenSource } from '../../../src/client/token.ts'

const { signal } = new AbortController()

function hang(): Promise<string> {
  return new Promise(() => {})
}

for (const [name, getToken] of [
  ['at once', () => 'token'],
  ['later', async () => 'token']
] as const) {
  test(`gives a token that comes ${name}`, async () => {
    assert.equal(await boundTokenSource(getToken, 60_000)(signal), 'token')
  })
}

for (const [name, getToken] of [
  ['throws', () => assert.fail('no')],
  ['rejects', () => Promise.reject(new Error('no'))]
] as const) {
  test(`tells what a function that ${name} said`, async () => {
    await assert.rejects(boundTokenSource(getToken, 60_000)(signal), ({ code, cause, retry }: BusClientError) => {
      assert.deepEqual([code, (cause as Error).message, retry], ['TOKEN', 'no', true])
      return true
    })
  })
}

test('gives up on a function that does not answer in time', async () => {
  await assert.rejects(boundTokenSource(hang, 10)(signal), ({ code, cause }: BusClientError) => {
    assert.deepEqual([code, (cause as Error).message], ['TOKEN', 'getToken took more than 10 ms'])
    return true
  })
})

test('ends with the signal', async () => {
  const abort = new AbortController()
  const token = boundTokenSource(hang, 60_000)(abort.signal)
  abort.abort()
  await assert.rejects(token, { code: 'TOKEN' })
})
