import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { birthMark, type Destination, readAbout, unwrap, wrap } from '../../../../src/broker/nats/wire.ts'
import { textOf } from '../../../../src/protocol/frame.ts'
import type { Stamped } from '../../../../src/protocol/message.ts'
import { deliveryText } from '../../../../src/protocol/replies.ts'
import { makeMessage } from '../../../support/messages.ts'

const origin = { node: 'abc', number: 12 }

function destinationOf({ tenant, room, channel, key }: Stamped): Destination {
  return { tenant, room, channel, key, epochOf: birth => `e-${birth}` }
}

/** A message as it comes out of the stream. */
function pass(message: Stamped, birth = 3, sequence = 9) {
  const { headers, body } = wrap(message, birth, origin)
  return { headers, data: Buffer.from(body), sequence }
}

const message = fc
  .record({
    type: fc.constantFrom('message', 'event', 'system', 'telemetry'),
    channel: fc.constantFrom('', 'a', 'b.c'),
    sender: fc.constantFrom('arq_client_1', 'op-cron', 'arqonbus'),
    timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    payload: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map(value => JSON.stringify(value)),
    metadata: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })).map(value => JSON.stringify(value)),
    echo: fc.boolean(),
    isPresence: fc.boolean()
  })
  .map(parts => makeMessage(parts as Parameters<typeof makeMessage>[0]))

test('whatever is published comes out of the stream as it was, with the text that its position makes', () => {
  fc.assert(
    fc.property(message, fc.integer({ min: 1, max: 2 ** 50 }), (sent, sequence) => {
      const wired = pass(sent, 3, sequence)
      const about = readAbout(wired)
      assert.ok(about)
      assert.deepEqual([about.birth, about.origin], [3, origin])
      const publication = unwrap(wired, about, destinationOf(sent))
      assert.deepEqual({ ...publication.message }, { ...sent, hasClientId: false, publisher: sent.sender })
      assert.equal(textOf(publication.frame), deliveryText(sent, { sequence, epoch: 'e-3' }))
      assert.deepEqual(
        [publication.sequence, publication.epoch, publication.timestampMs],
        [sequence, 'e-3', sent.timestampMs]
      )
    })
  )
})

test('the mark of a beginning is its own birth and stems from no publish', () => {
  const about = readAbout({ headers: birthMark(), data: new Uint8Array(), sequence: 77 })
  assert.deepEqual([about?.birth, about?.origin], [77, undefined])
})

test('what another program wrote into the stream is not taken for a message', () => {
  for (const text of ['', '1', '0 x', 'x y z', '1 n 1 0 2 2 0 arq_a message', '-1 n 1 0 2 2 0 arq_a message me']) {
    const foreign = birthMark()
    foreign.set('Aq', text)
    assert.equal(readAbout({ headers: foreign, data: new Uint8Array(), sequence: 1 }), undefined, text)
  }
})

test('only an id that the client chose is compared, and with whom and where it was published', () => {
  const idOf = (parts: Parameters<typeof makeMessage>[0]): string =>
    wrap(makeMessage(parts), 1, origin).headers.get('Nats-Msg-Id')
  assert.equal(idOf({ id: 'arq_a', hasClientId: false }), '')
  const ids = [
    { id: 'arq_a' },
    { id: 'arq_b' },
    { id: 'arq_a', publisher: 'b' },
    { id: 'arq_a', channel: 'b' },
    { id: 'arq_a', channel: '' },
    { id: 'arq_a', room: 'b' },
    { id: 'arq_a', tenant: 'b' }
  ].map(idOf)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(idOf({ id: 'arq_a', payload: '{"b":1}' }), ids[0])
})
