import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Allowance, gatherTexts } from '../../../src/casil/texts.ts'
import { payloads } from './arbitraries.ts'

const none: ReadonlySet<string> = new Set()
const all = () => new Allowance(Infinity)

test('keys and strings are gathered at any depth, decoded, in order', () => {
  const payload = JSON.parse('{"a":"\\u0041KIA","b":[{"c":1,"d":["x",null]}],"":"y"}')
  assert.deepEqual(gatherTexts(payload, all(), none, '').texts, ['a', 'AKIA', 'b', 'c', 'd', 'x', 'y'])
})

test('a payload that is no container is gathered too', () => {
  assert.deepEqual(gatherTexts('secret', all(), none, '').texts, ['secret'])
  for (const payload of [1, true, null]) assert.deepEqual(gatherTexts(payload, all(), none, '').texts, [])
})

test('wanted keys are found at any depth, in arrays too, unless they hold what is ignored', () => {
  const payload = { token: '*', a: [{ password: null }], secret: 1, other: 2, b: { token: '*' } }
  const { keys } = gatherTexts(payload, all(), new Set(['token', 'password', 'secret', 'absent']), '*')
  assert.deepEqual([...keys], ['password', 'secret'])
})

test('a member named __proto__ is a key like any other', () => {
  const payload = JSON.parse('{"__proto__":{"password":"x"}}')
  const { texts, keys } = gatherTexts(payload, all(), new Set(['password']), '')
  assert.deepEqual(texts, ['__proto__', 'password', 'x'])
  assert.deepEqual([...keys], ['password'])
})

test('text is gathered up to the allowance, wanted keys beyond it', () => {
  const payload = { a: 'x'.repeat(100), b: 'y', password: 'z' }
  const { texts, keys } = gatherTexts(payload, new Allowance(50), new Set(['password']), '')
  assert.deepEqual(texts.slice(0, 1), ['a'])
  assert.match(texts[1] ?? '', /^x{30,50}$/)
  assert.equal(texts.length, 2)
  assert.deepEqual([...keys], ['password'])
})

test('a payload is covered whole if its text is not longer than the allowance', () => {
  fc.assert(
    fc.property(payloads, payload => {
      const bytes = Buffer.byteLength(JSON.stringify(payload))
      const whole = gatherTexts(payload, all(), none, '').texts
      assert.deepEqual(gatherTexts(payload, Allowance.of(bytes, bytes), none, '').texts, whole)
    })
  )
})

test('an allowance gives no more bytes than it has, and no part of a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, bytes) => {
      const covered = new Allowance(bytes).takeText(text)
      assert.ok(text.startsWith(covered))
      assert.ok(Buffer.byteLength(covered) <= bytes)
      assert.doesNotMatch(covered, /\p{Surrogate}/u)
    })
  )
})

test('an allowance that is used up gives nothing more', () => {
  const allowance = new Allowance(10)
  allowance.takeText('abcdef')
  assert.equal(allowance.takeText('ghijkl'), '')
  assert.equal(allowance.takeText('é'), '')
})
