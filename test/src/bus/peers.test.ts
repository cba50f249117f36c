import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutList, Peers } from '../../../src/bus/peers.ts'
import { BusError } from '../../../src/errors.ts'

test('a question of another node is answered by its kind, and one of no kind that is known by nothing', () => {
  const peers = new Peers({ peerCount: 1, ask: async () => [] })
  peers.answer('counts', ({ channels }) => ({ channels: channels.map(key => key.length), rooms: [] }))
  assert.deepEqual(peers.asked({ kind: 'counts', channels: ['a', 'bc'], rooms: [] }), { channels: [1, 2], rooms: [] })
  for (const question of [{ kind: 'toString' }, { kind: 7 }, {}, null, 'counts', 1, undefined])
    assert.equal(peers.asked(question), undefined)
})

test('without other nodes nothing is asked', async () => {
  const peers = new Peers({ peerCount: 0, ask: () => Promise.reject(new Error('asked')) })
  assert.equal(peers.isAlone, true)
  assert.deepEqual(await peers.ask('tally', {}), [])
})

test('what a broker that is closed refuses counts as no answer', async () => {
  const peers = new Peers({ peerCount: 1, ask: () => Promise.reject(new BusError('ENGINE_UNAVAILABLE')) })
  assert.deepEqual(await peers.ask('tally', {}), [])
})

test('a list is cut at 512 KiB, in bytes and not in characters', () => {
  const list = Array.from({ length: 10 }, (_, index) => ({ index, text: 'é'.repeat(52_410 - 9) }))
  const bytes = list.map(entry => Buffer.byteLength(JSON.stringify(entry)))
  const isFive = bytes.slice(0, 5).reduce((a, b) => a + b) <= 524_288
  assert.equal(cutList(list).length, isFive ? 5 : 4)
})

test('a list that fits is whole up to the last byte, and of one that does not its first entry is there', () => {
  const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify({ text }))
  const fitting = [{ text: '' }, { text: 'x'.repeat(524_288 - 2 * sizeOf('')) }]
  assert.equal(cutList(fitting).length, 2)
  const larger = [{ text: 'x' }, fitting[1]!]
  assert.equal(cutList(larger).length, 1)
  assert.equal(cutList([{ text: 'x'.repeat(600_000) }, { text: '' }]).length, 1)
  assert.deepEqual(cutList([]), [])
})
