import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Effort } from '../../../src/casil/effort.ts'
import { combinePatterns, Pattern } from '../../../src/casil/patterns.ts'
import { REDACTED, type Redaction, redact, redactText } from '../../../src/casil/redact.ts'
import { Allowance } from '../../../src/casil/texts.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { payloads, payloadsWith, patterns as sources, stringsOf, texts } from './arbitraries.ts'

const compile = (...all: string[]) => combinePatterns(all.map(source => new Pattern({ name: source, source })))
const plenty = () => new Effort(Infinity)

function redaction(change: Partial<Redaction> = {}): Redaction {
  return {
    paths: new Set(['password', 'token', 'secret']),
    patterns: compile('sk_[0-9]+', 'key-[a-z]+'),
    allowance: new Allowance(Infinity),
    beyond: 'hide',
    effort: plenty(),
    ...change
  }
}

const textOf = (text: string, ...all: string[]) => redactText(text, compile(...all), plenty())

test('a match is replaced, what stands around it is not', () => {
  assert.equal(textOf('my sk_123 is sk_4.', 'sk_[0-9]+'), `my ${REDACTED} is ${REDACTED}.`)
})

test('matches that overlap or touch are replaced by one token', () => {
  assert.equal(textOf('xabcdex', 'abc', 'cde'), `x${REDACTED}x`)
  assert.equal(textOf('x1234x', '[0-9]'), `x${REDACTED}x`)
})

test('a text without a match is the same text', () => {
  assert.equal(textOf('nothing here', 'sk_[0-9]+'), 'nothing here')
  assert.equal(textOf('', 'sk_[0-9]+'), '')
})

test('a token that stands in the text already stays whole', () => {
  assert.equal(textOf(`a ${REDACTED} b`, '[A-Z]+'), `a ${REDACTED} b`)
  assert.equal(textOf(`a ${REDACTED} b`, 'RED', 'a '), `${REDACTED} b`)
  assert.equal(textOf(`A${REDACTED}`, '[A-Z*]+'), REDACTED)
})

test('a match that only taking out another one makes is taken out too', () => {
  assert.equal(textOf('xkey', 'x', '\\bkey'), REDACTED)
})

test('a text that would need too many passes is replaced whole', () => {
  const chain = Array.from({ length: 8 }, (_, index) => `(?:^|\\*)${index}`)
  assert.equal(textOf('01234567 and more', ...chain), REDACTED)
})

test('a text that would be too much work is replaced whole if some pattern may match it', () => {
  const patterns = compile('sk_[0-9]+')
  assert.equal(redactText(`sk_1 ${'x'.repeat(1_000)}`, patterns, new Effort(100)), REDACTED)
  assert.equal(redactText('x'.repeat(1_000), patterns, new Effort(100)), 'x'.repeat(1_000))
})

test('values of paths are replaced whatever they are, at any depth, in arrays too', () => {
  const payload = { password: 'x', a: [{ token: { b: 1 } }, { secret: null }], c: { password: 0, d: [] } }
  assert.deepEqual(redact(payload, redaction()), {
    password: REDACTED,
    a: [{ token: REDACTED }, { secret: REDACTED }],
    c: { password: REDACTED, d: [] }
  })
})

test('a path is an exact key', () => {
  const payload = { Password: 'x', password2: 'x', 'a.password': 'x', passwords: { x: 'password' } }
  assert.equal(redact(payload, redaction()), payload)
})

test('patterns replace within strings only, never in keys', () => {
  const payload = { sk_1: 'a sk_2', n: 12, b: true, z: null, list: ['sk_3', ['sk_4']] }
  assert.deepEqual(redact(payload, redaction()), {
    sk_1: `a ${REDACTED}`,
    n: 12,
    b: true,
    z: null,
    list: [REDACTED, [REDACTED]]
  })
})

test('what does not change is shared with the payload', () => {
  const payload = { clean: { deep: [1, { x: 'y' }] }, dirty: [{ token: 'x' }, { other: 1 }] }
  const result = redact(payload, redaction()) as typeof payload
  assert.notEqual(result, payload)
  assert.equal(result.clean, payload.clean)
  assert.equal(result.dirty[1], payload.dirty[1])
  assert.equal(redact(payload.clean, redaction()), payload.clean)
})

test('a member named __proto__ is redacted and stays a member', () => {
  const text = '{"__proto__":{"token":"x"},"a":1}'
  assert.equal(JSON.stringify(redact(JSON.parse(text), redaction())), `{"__proto__":{"token":"${REDACTED}"},"a":1}`)
  const paths = new Set(['__proto__'])
  assert.equal(JSON.stringify(redact(JSON.parse(text), redaction({ paths }))), `{"__proto__":"${REDACTED}","a":1}`)
})

test('beyond the allowance strings are hidden, or kept, and paths still count', () => {
  const payload = { a: `sk_1${'x'.repeat(100)}`, b: 'sk_2', password: 'z' }
  const hidden = redact(payload, redaction({ allowance: new Allowance(50) }))
  assert.deepEqual(hidden, { a: REDACTED, b: REDACTED, password: REDACTED })
  const kept = redact(payload, redaction({ allowance: new Allowance(50), beyond: 'keep' }))
  assert.deepEqual(kept, { a: `${REDACTED}${'x'.repeat(100)}`, b: 'sk_2', password: REDACTED })
})

/** Keys at every place, and how many items arrays have. */
function shapeOf(value: Json, paths: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map(item => shapeOf(item, paths))
  if (value === null || typeof value !== 'object') return null
  return Object.entries(value).map(([key, item]) => [key, paths.has(key) ? null : shapeOf(item, paths)])
}

const anyPayload = fc.oneof(payloads, payloadsWith(['sk_123', 'key-abc', 'token', REDACTED]))

test('the result is JSON with the same keys in the same places', () => {
  fc.assert(
    fc.property(anyPayload, payload => {
      const { paths } = redaction()
      const result = redact(payload, redaction())
      const parsed = JSON.parse(JSON.stringify(result)) as Json
      assert.deepEqual(shapeOf(parsed, paths), shapeOf(payload, paths))
    })
  )
})

test('no match of a pattern is left in any string of the result', () => {
  fc.assert(
    fc.property(anyPayload, payload => {
      for (const text of stringsOf(redact(payload, redaction()))) assert.doesNotMatch(text, /sk_[0-9]|key-[a-z]/)
    })
  )
})

test('the payload is not written to', () => {
  fc.assert(
    fc.property(anyPayload, payload => {
      const before = JSON.stringify(payload)
      redact(payload, redaction())
      assert.equal(JSON.stringify(payload), before)
    })
  )
})

test('to redact twice is to redact once', () => {
  fc.assert(
    fc.property(anyPayload, payload => {
      const once = redact(payload, redaction())
      assert.equal(redact(once, redaction()), once)
    })
  )
})

test('to redact twice is to redact once, whatever the patterns are', () => {
  fc.assert(
    fc.property(fc.array(sources, { minLength: 1, maxLength: 3 }), texts, (all, text) => {
      const once = textOf(text, ...all)
      assert.equal(textOf(once, ...all), once)
    }),
    { numRuns: 1_500 }
  )
})
