import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeRecord } from '../../../../src/cli/print/record.ts'
import { unstyled } from '../../../../src/cli/print/style.ts'

test('shows the members of an object on a line each', () => {
  const record = {
    at: '2026-01-01T00:00:00.000Z',
    list: ['a', 'b'],
    none: null,
    empty: [],
    deep: { b: 1, a: [2] },
    text: 'a\u001bb',
    absent: undefined,
    is: true
  }
  assert.equal(
    describeRecord(record, unstyled, Date.parse('2026-01-01T00:05:00Z')),
    `at     2026-01-01T00:00:00.000Z (5 min ago)
list   a, b
none   -
empty  -
deep   {"a":[2],"b":1}
text   a\\u001bb
is     true
`
  )
})
