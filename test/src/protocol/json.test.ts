import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findFaults, type Json, type JsonBounds, type JsonScan, scanJson } from '../../../src/protocol/json.ts'
import { anyJson, anyObject, choices, keys, spell, spellMembers } from './spelling.ts'

const wide: JsonBounds = { depth: 64, keysPerObject: 1000, nodes: 10_000, keyBytes: 1000 }

/** What a scan tells, counted on the parsed value. */
function measure(value: Json): Pick<JsonScan, 'depth' | 'keys' | 'commas'> {
  if (value === null || typeof value !== 'object') return { depth: 0, keys: 0, commas: 0 }
  const members = Object.values(value).map(measure)
  return {
    depth: 1 + Math.max(0, ...members.map(({ depth }) => depth)),
    keys: (Array.isArray(value) ? 0 : members.length) + members.reduce((sum, { keys: count }) => sum + count, 0),
    commas: Math.max(0, members.length - 1) + members.reduce((sum, { commas }) => sum + commas, 0)
  }
}

function countNodes(value: Json): number {
  if (value === null || typeof value !== 'object') return 1
  return Object.values(value).reduce<number>((sum, one) => sum + countNodes(one), 1)
}

function cut(text: string, span: JsonScan['payload']): Json | undefined {
  return span === undefined ? undefined : JSON.parse(text.slice(span.start, span.end))
}

test('a scan measures depth, keys and commas of any JSON, however it is written', () => {
  fc.assert(
    fc.property(anyJson, choices, (value, choose) => {
      const { depth, keys: count, commas } = scanJson(spell(value, choose))
      assert.deepEqual({ depth, keys: count, commas }, measure(value))
    })
  )
})

test('a scan finds payload and metadata of the root, however they are written and whatever stands around them', () => {
  const others = fc.array(
    fc.tuple(
      keys.filter(key => key !== 'payload' && key !== 'metadata'),
      anyJson
    ),
    { maxLength: 4 }
  )
  fc.assert(
    fc.property(others, anyJson, fc.option(anyJson), others, choices, (before, payload, metadata, after, choose) => {
      const text = spellMembers(
        [...before, ['payload', payload], ...(metadata === null ? [] : [['metadata', metadata] as const]), ...after],
        choose
      )
      const scan = scanJson(text)
      assert.deepEqual(cut(text, scan.payload), payload)
      assert.deepEqual(cut(text, scan.metadata), metadata ?? undefined)
    })
  )
})

test('a scan of JSON that has no payload at its root finds none', () => {
  fc.assert(
    fc.property(anyObject, choices, (nested, choose) => {
      for (const value of [[nested], { outer: nested, list: [nested] }] as Json[]) {
        const { payload, metadata } = scanJson(spell(value, choose))
        assert.equal(payload, undefined)
        assert.equal(metadata, undefined)
      }
    })
  )
})

test('a scan of any text at all ends, with spans inside the text', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    'payload',
    'metadata',
    '\\u0070',
    ' ',
    '1',
    '\0'
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 40, size: 'max' }).map(list => list.join(''))
  )
  fc.assert(
    fc.property(texts, text => {
      const { payload, metadata } = scanJson(text)
      for (const span of [payload, metadata]) {
        if (span !== undefined) assert.ok(0 <= span.start && span.start <= span.end && span.end <= text.length)
      }
    })
  )
})

test('a value has more nodes than commas, so that counting commas never refuses what fits', () => {
  fc.assert(fc.property(anyJson, value => assert.ok(measure(value).commas < countNodes(value))))
})

test('a sound value has no faults', () => {
  fc.assert(fc.property(anyJson, value => assert.deepEqual(findFaults(value, wide, measure(value).keys), [])))
})

test('a key that stands twice is found at any depth, in any spelling, beside any others', () => {
  const wrappers = fc.array(fc.boolean(), { maxLength: 12 })
  fc.assert(
    fc.property(wrappers, keys, anyJson, anyJson, anyObject, choices, (wraps, key, one, other, more, choose) => {
      let text = spellMembers(
        [[key, one], ...Object.entries(more).filter(([name]) => name !== key), [key, other]],
        choose
      )
      for (const isArray of wraps) text = isArray ? `[0,${text}]` : `{"in":${text}}`
      assert.deepEqual(findFaults(JSON.parse(text), wide, scanJson(text).keys), ['duplicate key in an object'])
    })
  )
})

test('the key __proto__ is found at any depth and named by the top-level field', () => {
  for (const [text, expected] of [
    ['{"__proto__":1}', 'the key __proto__ is not allowed'],
    ['{"\\u005f_proto__":{}}', 'the key __proto__ is not allowed'],
    ['{"payload":{"a":[{"__proto__":null}]}}', 'payload: the key __proto__ is not allowed'],
    ['[[{"__proto__":{}}]]', 'the key __proto__ is not allowed']
  ] as const) {
    assert.deepEqual(findFaults(JSON.parse(text), wide, scanJson(text).keys), [expected])
  }
})

test('numbers beyond a double are found, those at its edges are not', () => {
  for (const number of ['1e309', '-1e309', '1e999', '9'.repeat(400)]) {
    assert.deepEqual(findFaults(JSON.parse(`{"payload":[[${number}]]}`), wide, 1), ['payload: number out of range'])
  }
  for (const number of ['1.7976931348623157e308', '5e-324', '1e-999', '-0', '9'.repeat(300)]) {
    assert.deepEqual(findFaults(JSON.parse(`{"payload":[[${number}]]}`), wide, 1), [])
  }
})

test('the length of a key is counted in bytes of UTF-8', () => {
  const bounds = { ...wide, keyBytes: 6 }
  for (const key of ['abcdef', 'ééé', '€€', '😀é']) assert.deepEqual(findFaults({ [key]: 1 }, bounds, 1), [])
  for (const key of ['abcdefg', 'éééx', '€€x', '😀éx']) {
    assert.deepEqual(findFaults([{ [key]: 1 }], bounds, 1), ['a key is longer than 6 bytes'])
  }
})

test('a fault is named once, however often it is found', () => {
  const text = `{"payload":[${'{"__proto__":1e999},'.repeat(500)}0]}`
  assert.deepEqual(findFaults(JSON.parse(text), wide, 501), [
    'payload: the key __proto__ is not allowed',
    'payload: number out of range'
  ])
})

test('however many faults a value has, a bounded number is named', () => {
  const value = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, Number.POSITIVE_INFINITY]))
  const faults = findFaults(value, { ...wide, nodes: 10 }, 501)
  assert.equal(faults.length, 22)
  assert.deepEqual(faults.slice(-2), ['more than 10 values', 'duplicate key in an object'])
})

test('the name of a field is cut short in a fault', () => {
  const [fault] = findFaults({ ['k'.repeat(200)]: Number.POSITIVE_INFINITY }, wide, 1)
  assert.equal(fault, `${'k'.repeat(64)}: number out of range`)
})
