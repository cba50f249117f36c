import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../helper.ts'

const url = '/v1/rooms/lab/channels/one/messages'

test('the same request under the same key is carried out once and answered alike', async t => {
  const { app, connect } = await startServer(t)
  const ada = await connect()
  await ada.join('lab:one')
  const post = (key: string, n: number) =>
    app.inject({
      method: 'POST',
      url,
      headers: { host: 'localhost', 'idempotency-key': key },
      payload: { payload: { n } }
    })
  const [first, again] = [await post('k1', 1), await post('k1', 1)]
  assert.deepEqual([first.statusCode, again.statusCode], [201, 201])
  assert.deepEqual(again.json(), first.json())
  assert.deepEqual([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']], [undefined, 'true'])
  const other = await post('k1', 2)
  assert.deepEqual([other.statusCode, other.json().code], [409, 'CONFLICT'])
  assert.equal((await post('k2', 1)).statusCode, 201)
  await ada.settle()
  assert.deepEqual(
    ada.frames.flatMap(({ type, payload }) => (type === 'message' && 'n' in payload ? [payload.n] : [])),
    [1, 1]
  )
})

test('requests that differ in digits beyond a double are different ones', async t => {
  const { app } = await startServer(t)
  const headers = { host: 'localhost', 'idempotency-key': 'k', 'content-type': 'application/json' }
  const post = (digits: string) => {
    const payload = `{"messages":[{"room":"lab","channel":"one","payload":{"n":${digits}}}]}`
    return app.inject({ method: 'POST', url: '/v1/publish', headers, payload })
  }
  assert.equal((await post('12345678901234567890')).statusCode, 200)
  assert.equal((await post('12345678901234567891')).statusCode, 409)
})

test('a refusal is an answer too, and an unusable key is refused', async t => {
  const { app } = await startServer(t)
  const post = (key: string, payload: object) =>
    app.inject({ method: 'POST', url, headers: { host: 'localhost', 'idempotency-key': key }, payload })
  const unusable = await post('two words', { payload: {} })
  assert.deepEqual([unusable.statusCode, unusable.json().code], [400, 'VALIDATION_ERROR'])
  assert.equal((await post('x'.repeat(128), { payload: {} })).statusCode, 201)
  assert.equal((await post('x'.repeat(129), { payload: {} })).statusCode, 400)
})

test('a request that failed for the moment can be made again under its key', async t => {
  const { app } = await startServer(t)
  const headers = { host: 'localhost', 'idempotency-key': 'k' }
  await app.broker.close()
  const failed = await app.inject({ method: 'POST', url, headers, payload: { payload: {} } })
  assert.deepEqual([failed.statusCode, failed.json().code], [503, 'ENGINE_UNAVAILABLE'])
  const again = await app.inject({ method: 'POST', url, headers, payload: { payload: { other: true } } })
  assert.equal(again.statusCode, 503)
})
