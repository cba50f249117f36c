import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closureOf, describeClosure, errorOfClosure } from '../../../src/client/error.ts'
import { closeTable } from '../../../src/errors.ts'

for (const [code, row] of Object.entries(closeTable)) {
  test(`knows what to do after close code ${code}`, () => {
    const error = errorOfClosure(closureOf(Number(code), ''))
    assert.equal(error.message, `the connection was closed with ${code} (${row.use}): ${row.client}`)
    assert.deepEqual(
      [error.closeCode, error.verdict, error.retry],
      [Number(code), row.verdict, row.verdict === 'retry']
    )
  })
}

for (const code of [1001, 1005, 1006]) {
  test(`takes close code ${code} for a lost connection`, () => assert.equal(closureOf(code, '').verdict, 'retry'))
}

for (const code of [4000, 4999]) {
  test(`does not retry after the unknown close code ${code}`, () => assert.equal(closureOf(code, '').verdict, 'stop'))
}

test('quotes the reason of an unknown close code', () => {
  assert.equal(describeClosure(closureOf(4999, 'a\nb')), 'the connection was closed with 4999 ("a\\nb"): stop')
  assert.equal(describeClosure(closureOf(1006, '')), 'the connection was closed with 1006 (no reason given): retry')
})

for (const reason of ['', 'null', '7', '{"retry_ms":"soon"}', '{"retry_ms":']) {
  test(`finds no time to wait in the reason ${JSON.stringify(reason)}`, () =>
    assert.equal(closureOf(1012, reason).retryAfterMs, undefined))
}
