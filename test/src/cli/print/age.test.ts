import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countOf, formatAge, formatBytes, formatDuration } from '../../../../src/cli/print/age.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')

for (const [ms, text] of [
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 d'],
  [-5000, '5 s']
] as const) {
  test(`shows ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text))
}

for (const [moment, text] of [
  ['2025-12-31T23:57:00Z', '3 min ago'],
  ['2026-01-01T02:00:00+00:00', 'in 2 h'],
  [NOW_MS + 3_599_500, 'in 1 h'],
  [NOW_MS + 3_599_499, 'in 59 min'],
  [NOW_MS + 999, 'now'],
  [NOW_MS - 999, 'now'],
  [NOW_MS - 1000, '1 s ago'],
  ['whenever', 'whenever'],
  [null, '-'],
  [undefined, '-']
] as const) {
  test(`shows the moment ${moment} as ${text}`, () => assert.equal(formatAge(moment, NOW_MS), text))
}

test('shows bytes in the largest unit that leaves something before the point', () => {
  const sizes = [0, 1023, 1024, 1536, 1_048_576, 5 * 1024 ** 4]
  assert.deepEqual(sizes.map(formatBytes), ['0 B', '1023 B', '1 KiB', '1.5 KiB', '1 MiB', '5 TiB'])
})

test('counts one thing and several', () => {
  assert.deepEqual([countOf(0, 'job'), countOf(1, 'job'), countOf(2, 'job')], ['0 jobs', '1 job', '2 jobs'])
})
