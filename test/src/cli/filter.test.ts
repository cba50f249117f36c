import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFilter } from '../../../src/cli/filter.ts'

const message = { type: 'event', payload: { kind: 'alarm-7', n: 10, deep: { ok: true }, 'a=b': 1 } }

for (const [text, isWanted] of [
  ['type=event', true],
  ['type=message', false],
  ['type!=message', true],
  ['type!=event', false],
  ['payload.kind=alarm*', true],
  ['payload.kind=alarm-?', true],
  ['payload.kind=alarm', false],
  ['payload.n=10', true],
  ['payload.deep.ok=true', true],
  ['payload.deep={"ok":true}', true],
  ['payload.none=*', false],
  ['payload.none!=x', true],
  ['payload.kind.length=7', false],
  ['toString=*', false]
] as const) {
  test(`${text} ${isWanted ? 'fits' : 'does not fit'}`, () => {
    assert.equal(
      parseFilter(text).every(filter => filter(message)),
      isWanted
    )
  })
}

test('several conditions all have to be met', () => {
  const filters = parseFilter('payload.n=11', parseFilter('type=event'))
  assert.deepEqual(
    filters.map(filter => filter(message)),
    [true, false]
  )
})

for (const text of ['payload', '=x', '!=x', '']) {
  test(`refuses "${text}"`, () => assert.throws(() => parseFilter(text), /It must be path=pattern/))
}
