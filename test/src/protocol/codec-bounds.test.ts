import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecoder } from '../../../src/protocol/codec.ts'
import { usedHeapBytes } from '../../support/heap.ts'
import { decode, decodeFrame, defaults, faultsOf, refusalOf } from './decoding.ts'

test('JSON nested as deep as allowed is taken, one level more is refused', () => {
  for (const bounds of [defaults, { ...defaults, depth: 2 }]) {
    const decodeText = createDecoder(bounds)
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}']
    ] as const) {
      const nest = (count: number) => `{"type":"ping","x":${open.repeat(count)}1${close.repeat(count)}}`
      decodeText(nest(bounds.depth - 1))
      const refusal = refusalOf(nest(bounds.depth), decodeText)
      assert.deepEqual(refusal.faults, [`message: nested deeper than ${bounds.depth} levels`])
    }
  }
})

test('an object with as many keys as allowed is taken, with one more it is refused', () => {
  for (const bounds of [defaults, { ...defaults, keysPerObject: 3 }]) {
    const decodeText = createDecoder(bounds)
    const payload = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))
    decodeText(JSON.stringify({ type: 'message', payload: payload(bounds.keysPerObject) }))
    const refusal = refusalOf(
      JSON.stringify({ type: 'message', payload: payload(bounds.keysPerObject + 1) }),
      decodeText
    )
    assert.deepEqual(refusal.faults, [`payload: an object has more than ${bounds.keysPerObject} keys`])
  }
})

test('a frame with as many values as allowed is taken, with one more it is refused', () => {
  const wrap: ((ones: string[]) => string)[] = [ones => ones.join(','), ones => ones.map(one => `[${one}]`).join(',')]
  for (const bounds of [defaults, { ...defaults, nodes: 12 }]) {
    const decodeText = createDecoder(bounds)
    for (const [valuesEach, spellOnes] of wrap.entries()) {
      const frame = (nodes: number) => {
        const ones = Array<string>(Math.floor((nodes - 4) / (valuesEach + 1))).fill('1')
        return `{"type":"message","payload":{"a":[${spellOnes(ones)}]}}`
      }
      decodeText(frame(bounds.nodes))
      const refusal = refusalOf(frame(bounds.nodes + valuesEach + 1), decodeText)
      assert.deepEqual(refusal.faults, [`more than ${bounds.nodes} values`])
    }
  }
})

test('a frame with far too many values is refused for that alone, before it is parsed', () => {
  for (const text of [`{"k":${'1,"k":'.repeat(10_000)}1}`, `[${'1,'.repeat(10_000)}`, ','.repeat(10_000)]) {
    assert.deepEqual(faultsOf(text), ['more than 10000 values'])
  }
  assert.deepEqual(faultsOf(','.repeat(9_999)), ['message: must be JSON'])
})

test('a key as long as allowed is taken, a longer one is refused', () => {
  for (const unit of ['k', 'é', '€', '😀']) {
    const bytes = Buffer.byteLength(unit)
    const fitting = unit.repeat(Math.floor(defaults.keyBytes / bytes))
    decodeFrame({ type: 'message', payload: { [fitting]: 1 } })
    assert.deepEqual(faultsOf({ type: 'message', payload: { [`${fitting}${unit}`]: 1 } }), [
      'payload: a key is longer than 256 bytes'
    ])
  }
})

test('frames of a mebibyte that are made to be dear are answered all the same', () => {
  const size = 1 << 20
  const dear = [
    '['.repeat(size),
    `{"x":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`,
    '{"'.repeat(size / 2),
    `{"a"${':'.repeat(size)}`,
    `{"a":${','.repeat(size)}`,
    `{"${'\\u0061'.repeat(6)}"${':1,'.repeat(size / 3)}`,
    `{"${'p'.repeat(size / 2)}"${':,'.repeat(size / 4)}`,
    '"'.repeat(size),
    `{"${'\\'.repeat(size)}`,
    `{"a":"${'\\"'.repeat(size / 2)}"}`,
    `{"a":"${'\\\\'.repeat(size / 2)}"}`,
    `{"a":${'9'.repeat(size)}}`,
    `{"a":1e${'9'.repeat(size)}}`,
    `{${Array.from({ length: size / 8 }, (_, at) => `"k${at}":1`).join(',')}}`,
    `{${'"k":1,'.repeat(size / 6)}"k":1}`,
    `{"a":[${'{},'.repeat(size / 3)}{}]}`,
    `{"type":"private","to":[${'1,'.repeat(size / 2)}1]}`,
    `{"type":"private","to":[${'"a",'.repeat(size / 4)}"a"]}`,
    `{"type":"${'x'.repeat(size)}","id":"${'y'.repeat(size)}","room":"${'z'.repeat(size)}"}`
  ]
  for (const text of dear) {
    const refusal = refusalOf(text)
    assert.ok(refusal.faults.join().length < 1000, refusal.faults.join().slice(0, 2000))
  }
})

test('a small payload does not keep the large frame alive that it came in', () => {
  const junk = 'x'.repeat(1_000_000)
  const before = usedHeapBytes()
  const held = Array.from({ length: 40 }, (_, at) => {
    const bytes = Buffer.from(
      `{"type":"message","junk":"${junk}","payload":{"text":"number ${at}"},"metadata":{"number":${at}}}`
    )
    const { payloadText, metadataText } = decode(bytes.toString())
    return [payloadText, metadataText]
  })
  assert.ok(usedHeapBytes() - before < 10_000_000)
  assert.deepEqual(held[39], ['{"text":"number 39"}', '{"number":39}'])
})
