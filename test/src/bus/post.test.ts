import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityOf, setBus } from '../../support/bus.ts'

const server = { id: 'op-cron', identity: identityOf() }

test('a post reaches every member under the name of its source, with its position', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await ada.join('lab:one')
  const outcome = await stage.bus.post(server, {
    type: 'message',
    room: 'lab',
    channel: 'one',
    payload: { n: 1 },
    metadata: { iteration: 2 }
  })
  stage.turn()
  const [frame] = ada.received()
  assert.deepEqual([frame?.sender, frame?.payload, frame?.metadata], ['op-cron', { n: 1 }, { iteration: 2 }])
  assert.deepEqual([frame?.sequence, frame?.id], [outcome.position?.sequence, outcome.message.id])
})

test('a post is refused with what a client would be told', async t => {
  const stage = await setBus(t, { registry: { isAutoCreating: false } })
  const post = { type: 'message', room: 'lab', channel: 'one', payload: {} } as const
  await assert.rejects(stage.bus.post(server, post), { code: 'CHANNEL_NOT_FOUND' })
  await assert.rejects(stage.bus.post(server, { ...post, type: 'system' }), { code: 'AUTHORIZATION_ERROR' })
  await assert.rejects(stage.bus.post(server, { type: 'private', to: ['nobody'], payload: {} }), {
    code: 'TARGET_NOT_FOUND'
  })
})

test('what names no targets is not posted to the channel of private messages, which would tell it to members', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await ada.join('lab:pm')
  const post = { room: 'lab', channel: 'pm', payload: { target: ada.connection.id } } as const
  for (const type of ['message', 'event'] as const)
    await assert.rejects(stage.bus.post(server, { type, ...post }), {
      code: 'VALIDATION_ERROR',
      faults: ['channel: must not be "pm", which is for private messages']
    })
  await stage.bus.post(server, { type: 'private', to: [ada.connection.id], ...post })
  stage.turn()
  assert.deepEqual(
    ada.received().map(({ type }) => type),
    ['private']
  )
})

test('the text of a payload is relayed as it is', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await ada.join('lab:one')
  const payloadText = '{ "n": 12345678901234567890 }'
  await stage.bus.post(server, { type: 'event', room: 'lab', channel: 'one', payload: { n: 0 }, payloadText })
  stage.turn()
  assert.ok(ada.transport.bytes.at(-1)?.toString().includes(`"payload":${payloadText}`))
})

test('the same id posted again is a duplicate', async t => {
  const stage = await setBus(t)
  const post = { type: 'message', id: 'arq_report', room: 'lab', channel: 'one', payload: {} } as const
  const [first, second] = [await stage.bus.post(server, post), await stage.bus.post(server, post)]
  assert.deepEqual([first.isDuplicate, second.isDuplicate], [false, true])
  assert.deepEqual([second.position?.sequence, second.position?.epoch], [1, first.position?.epoch])
})
