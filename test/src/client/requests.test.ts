import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusClientError } from '../../../src/client/error.ts'
import { MAX_WAITING, Requests } from '../../../src/client/requests.ts'

test('awaits up to the limit of answers and refuses one more until one has come', async () => {
  const requests = new Requests(60_000)
  const answers = Array.from({ length: MAX_WAITING }, (_, index) => requests.wait(`arq_${index}`, 'ping'))
  assert.throws(() => requests.wait('arq_more', 'ping'), { code: 'OVERFLOW', retry: true })
  assert(requests.settle({ type: 'pong', request_id: 'arq_0' }))
  answers.push(requests.wait('arq_more', 'ping'))
  requests.failAll(new BusClientError('CLOSED', 'gone'))
  const settled = await Promise.allSettled(answers)
  assert.equal(settled.filter(answer => answer.status === 'rejected').length, MAX_WAITING)
})

test('does not take a frame without an id, or of another type, for an answer', async () => {
  const requests = new Requests(60_000)
  const answer = requests.wait('arq_1', 'ping')
  for (const frame of [
    { type: 'pong' },
    { type: 'message', id: 'arq_1' },
    { type: 'message', request_id: 'arq_1' },
    { type: 'response', request_id: 1 }
  ]) {
    assert.equal(requests.settle(frame), false)
  }
  requests.failAll(new BusClientError('CLOSED', 'gone'))
  await assert.rejects(answer, { code: 'CLOSED' })
})
