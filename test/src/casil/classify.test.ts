import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classify, classifyClean, type Kind } from '../../../src/casil/classify.ts'

const kinds: readonly Kind[] = ['control', 'telemetry', 'data', 'system', 'unknown']
const found = (text: string) => ({
  hasSecret: text.includes('secret'),
  isOversize: text.includes('oversize'),
  isPartial: text.includes('partial')
})

const table: readonly [traits: string, risk: string, flags: Record<string, true>][] = [
  ['', 'low', {}],
  ['partial', 'medium', { partially_inspected: true }],
  ['oversize', 'medium', { oversize_payload: true }],
  ['oversize partial', 'medium', { oversize_payload: true, partially_inspected: true }],
  ['secret', 'high', { contains_probable_secret: true }],
  ['secret partial', 'high', { contains_probable_secret: true, partially_inspected: true }],
  ['secret oversize', 'high', { contains_probable_secret: true, oversize_payload: true }],
  [
    'secret oversize partial',
    'high',
    { contains_probable_secret: true, oversize_payload: true, partially_inspected: true }
  ]
]

for (const [traits, risk_level, flags] of table) {
  test(`a message with [${traits}] has ${risk_level} risk`, () => {
    for (const kind of kinds) assert.deepEqual(classify(kind, found(traits)), { kind, risk_level, flags })
  })
}

test('a clean message has the classification of one with no traits', () => {
  for (const kind of kinds) assert.equal(classifyClean(kind), classify(kind, found('')))
})

test('classifications are shared and cannot be changed', () => {
  const one = classify('data', found('secret'))
  assert.equal(one, classify('data', found('secret')))
  assert.ok(Object.isFrozen(one) && Object.isFrozen(one.flags))
})
