import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exchange } from '../../../src/client/exchange.ts'
import { BusClientError, type BusMessage } from '../../../src/client/index.ts'

/** Two clients that write to each other. */
function pair() {
  const errors: string[] = []
  const sent: BusMessage[] = []
  const ends = new Map<string, Exchange>()
  const make = (sender: string): Exchange => {
    const exchange = new Exchange(
      async (to, payload, metadata) => {
        const target = ends.get(to)
        if (!target) throw new BusClientError('TARGET_NOT_FOUND', `Target not found: ${to}`)
        const message = { ...base, sender, to: [to], payload, metadata } as BusMessage
        sent.push(message)
        queueMicrotask(() => target.take(message))
      },
      error => errors.push(error.message)
    )
    ends.set(sender, exchange)
    return exchange
  }
  return { errors, sent, alice: make('alice'), bob: make('bob') }
}

const base = { id: 'arq_1', type: 'private', timestamp: '2026-01-01T00:00:00.000Z' }

test('a request gets the reply of whoever serves', async () => {
  const { alice, bob } = pair()
  bob.serve(async ({ n }, { sender }) => ({ twice: Number(n) * 2, sender }))
  const replies = await Promise.all([1, 2, 3].map(n => alice.request('bob', { n }, 1000)))
  assert.deepEqual(
    replies,
    [2, 4, 6].map(twice => ({ twice, sender: 'alice' }))
  )
})

test('a refusal reaches whoever asks with its code', async () => {
  const { alice, bob, errors } = pair()
  bob.serve(() => {
    throw new BusClientError('CONFLICT', 'not now', { retry: true })
  })
  await assert.rejects(alice.request('bob', {}, 1000), { code: 'CONFLICT', message: 'not now', retry: true })
  assert.deepEqual(errors, [])
})

test('what else a handler throws stays with it', async () => {
  const { alice, bob, errors } = pair()
  bob.serve(() => Promise.reject(new Error('the password is x')))
  await assert.rejects(alice.request('bob', {}, 1000), {
    code: 'EXECUTION_ERROR',
    message: 'The request could not be carried out'
  })
  assert.deepEqual(errors, ['the password is x'])
})

test('a request without a reply ends at its deadline, and the handler is told', async () => {
  const { alice, bob, sent } = pair()
  let signal: AbortSignal | undefined
  let finish: (payload: object) => void = () => {}
  bob.serve((_payload, context) => {
    signal = context.signal
    return new Promise(resolve => {
      finish = resolve
    })
  })
  await assert.rejects(alice.request('bob', {}, 20), { code: 'TIMEOUT', message: 'no reply of bob within 20 ms' })
  const aborted = signal as AbortSignal
  if (!aborted.aborted) await new Promise(resolve => aborted.addEventListener('abort', resolve))
  finish({})
  await new Promise(setImmediate)
  assert.equal(sent.length, 1)
})

test('a request that cannot be sent says why', async () => {
  await assert.rejects(pair().alice.request('nobody', {}, 1000), { code: 'TARGET_NOT_FOUND' })
})

test('a reply of somebody else counts for nothing', async () => {
  const { alice, bob, sent } = pair()
  bob.serve(() => ({ from: 'bob' }))
  const reply = alice.request('bob', {}, 1000)
  const { id } = sent[0]!.metadata.request as { readonly id: string }
  alice.take({
    ...base,
    sender: 'mallory',
    to: ['alice'],
    payload: { from: 'mallory' },
    metadata: { reply: { id } }
  } as BusMessage)
  assert.deepEqual(await reply, { from: 'bob' })
})

test('only one serves at a time', () => {
  const { bob } = pair()
  const stop = bob.serve(() => ({}))
  assert.throws(() => bob.serve(() => ({})), { code: 'CONFLICT' })
  stop()
  stop()
  bob.serve(() => ({}))
})

test('as many requests are worked on at a time as may be, and one more is refused', async () => {
  const { alice, bob } = pair()
  const finish: (() => void)[] = []
  bob.serve(() => new Promise(resolve => finish.push(() => resolve({}))))
  const replies = Array.from({ length: 1000 }, () => alice.request('bob', {}, 60_000))
  await assert.rejects(alice.request('bob', {}, 60_000), { code: 'RATE_LIMITED', retry: true })
  for (const end of finish) end()
  assert.equal((await Promise.all(replies)).length, 1000)
})

test('as many requests wait as may, and one more is refused; with the connection all of them end', async () => {
  const { alice } = pair()
  const exchange = new Exchange(async () => {}, assert.fail)
  const requests = Array.from({ length: 10_000 }, () => exchange.request('bob', {}, 60_000))
  assert.throws(() => exchange.request('bob', {}, 60_000), { code: 'OVERFLOW' })
  exchange.fail(new BusClientError('CLOSED', 'gone'))
  const settled = await Promise.allSettled(requests)
  assert.ok(settled.every(({ status }) => status === 'rejected'))
  await assert.rejects(alice.request('nobody', {}, 1000), { code: 'TARGET_NOT_FOUND' })
})

test('a private message that is neither request nor reply is left alone, and so is a request that nobody serves', () => {
  const { alice } = pair()
  const message = { ...base, sender: 'bob', to: ['alice'], payload: {}, metadata: {} } as BusMessage
  assert.equal(alice.take(message), false)
  assert.equal(alice.take({ ...message, metadata: { request: { id: 'arq_2' } } }), false)
  for (const reply of [null, 7, {}, { id: 7 }]) assert.equal(alice.take({ ...message, metadata: { reply } }), false)
})
