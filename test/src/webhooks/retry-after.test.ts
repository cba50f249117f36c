import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRetryAfterMs } from '../../../src/webhooks/retry-after.ts'

const now = Date.UTC(2026, 0, 1, 12, 0, 0)

const rows: readonly (readonly [header: string | readonly string[] | undefined, expected: number | undefined])[] = [
  ['0', 0],
  ['7', 7000],
  [' 7 ', 7000],
  ['3600', 3_600_000],
  ['3601', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ['Thu, 01 Jan 2026 13:00:00 GMT', 3_600_000],
  ['Fri, 01 Jan 2027 12:00:00 GMT', 3_600_000],
  [undefined, undefined],
  ['', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['soon', undefined],
  ['2026-01-01T12:00:30Z', undefined],
  ['Thu, 99 Jan 2026 12:00:30 GMT', undefined],
  ['Thu, 01 Jam 2026 12:00:30 GMT', undefined],
  [['1', '2'], undefined]
]

for (const [header, expected] of rows) {
  test(`Retry-After ${JSON.stringify(header)?.slice(0, 40)} asks for ${expected} ms`, () => {
    assert.equal(readRetryAfterMs(header, now), expected)
  })
}
