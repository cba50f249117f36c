import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseInteger, parseValue } from '../../../src/cli/options.ts'

test('reads a duration with any unit as seconds', () => {
  const texts = ['90', '90s', '1.5s', '15m', '15 min', '2h', '7d']
  assert.deepEqual(texts.map(parseDuration), [90, 90, 1.5, 900, 900, 7200, 604_800])
})

test('reads whole numbers below zero', () => {
  assert.deepEqual(['-3', '+4', '0'].map(parseInteger), [-3, 4, 0])
})

test('reads what is not JSON as text', () => {
  assert.deepEqual(['5', '"5"', 'five', '01', '{"a":1}'].map(parseValue), [5, '5', 'five', '01', { a: 1 }])
})
