import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from '../../../src/auth/capabilities.ts'
import { Archive, entryOf, summaryOf } from '../../../src/bus/archive.ts'
import { stringifyRaw } from '../../../src/protocol/replies.ts'
import { type BusStage, type Peer, setBus } from '../../support/bus.ts'
import { makeMessage, makePublication } from '../../support/messages.ts'

/** An archive over the broker of the stage, with one message of each of two tenants in lab:one. */
function setArchive(stage: BusStage): Archive {
  stage.connect().say({ type: 'message', room: 'lab:one', payload: { of: 'default' } })
  stage.connect({ tenant: 'acme' }).say({ type: 'message', room: 'lab:one', payload: { of: 'acme' } })
  const source = {
    keysOf: (tenant: string) => [`${tenant}/lab:one`],
    read: stage.broker.read.bind(stage.broker)
  }
  return new Archive({
    source,
    channels: stage.bus.channels,
    backend: 'memory',
    monotonic: () => stage.clock.monotonic(),
    maxReplyBytes: 1_048_576
  })
}

async function payloadsFor(archive: Archive, peer: Peer, room: string | undefined, channel: string | undefined) {
  const query = { limit: 10, keep: 'newest' } as const
  const { publications } = await archive.read(peer.connection, { room, channel }, query)
  return publications.map(publication => JSON.parse(publication.message.payload))
}

test('whoever asks reads the history of its own tenant', async t => {
  const stage = await setBus(t)
  const archive = setArchive(stage)
  assert.deepEqual(await payloadsFor(archive, stage.connect(), 'lab', 'one'), [{ of: 'default' }])
  assert.deepEqual(await payloadsFor(archive, stage.connect({ tenant: 'acme' }), 'lab', 'one'), [{ of: 'acme' }])
})

test('a place is read only by those who may subscribe to all of it', async t => {
  const stage = await setBus(t)
  const archive = setArchive(stage)
  const may = (...subscribe: string[]) => stage.connect({ capabilities: parseCapabilities({ subscribe }, []) })
  for (const [peer, room, channel, isAllowed] of [
    [may('lab:one'), 'lab', 'one', true],
    [may('lab:one'), 'lab', 'two', false],
    [may('lab:one'), 'lab', undefined, false],
    [may('lab:*'), 'lab', undefined, true],
    [may('lab:*'), undefined, undefined, false],
    [may('*'), undefined, undefined, true]
  ] as const) {
    const read = payloadsFor(archive, peer, room, channel)
    if (isAllowed) assert.deepEqual(await read, [{ of: 'default' }])
    else await assert.rejects(read, { code: 'AUTHORIZATION_ERROR' })
  }
})

test('a summary and an entry hold the payload as it was sent', () => {
  const message = makeMessage({ id: 'arq_1', payload: '{ "n": 1.50 }', metadata: '{"m":1}', to: [] })
  const publication = makePublication(message, { sequence: 7, epoch: 'e' })
  assert.equal(
    stringifyRaw(summaryOf(publication)),
    '{"id":"arq_1","message_id":"arq_1","type":"message","sender":"arq_client_test","room":"science","channel":"explore",' +
      '"payload":{ "n": 1.50 },"metadata":{"m":1},"timestamp":"2026-01-01T00:00:00.000Z","stored_at":"2026-01-01T00:00:00.000Z",' +
      '"sequence":7,"epoch":"e"}'
  )
  const entry = stringifyRaw(entryOf(publication, 'memory'))
  assert.match(entry, /^\{"envelope":\{"id":"arq_1",.*"payload":\{ "n": 1\.50 \},/)
  assert.deepEqual(JSON.parse(entry).storage_metadata, { backend: 'memory' })
})

test('a summary of what was said to a room as a whole names no channel', () => {
  const publication = makePublication(makeMessage({ channel: '' }), { sequence: 1, epoch: 'e' })
  assert.equal(Object.hasOwn(JSON.parse(stringifyRaw(summaryOf(publication))), 'channel'), false)
})
