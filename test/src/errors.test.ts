import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, closeTable, type ErrorCode, errorTable } from '../../src/errors.ts'

const rows = Object.entries(errorTable) as [ErrorCode, (typeof errorTable)[ErrorCode]][]

test('every code is in capitals and has a status, a sentence and a meaning', () => {
  for (const [code, { status, message, meaning }] of rows) {
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/)
    assert.ok(status >= 400 && status <= 599, code)
    assert.match(message, /^[A-Z].*[^.]$/, code)
    assert.match(meaning, /^[A-Z].*\.$/, code)
  }
})

test('what a status says about retries agrees with the row', () => {
  const transient = new Set([408, 429, 500, 503, 504])
  for (const [code, { status, retry }] of rows) assert.equal(retry, transient.has(status), code)
})

test('every close code is one that a server may send, with a verdict for the client', () => {
  const sendable = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013])
  for (const [text, { use, client, verdict }] of Object.entries(closeTable)) {
    const code = Number(text)
    assert.ok(sendable.has(code) || (code >= 4000 && code <= 4999), text)
    assert.ok(use.length > 0 && client.length > 0)
    assert.ok(['stop', 'retry', 'new token'].includes(verdict))
  }
})

test('an error answers with its row', () => {
  for (const [code, { status, retry, message }] of rows) {
    const error = new BusError(code)
    assert.deepEqual([error.code, error.status, error.retry, error.message], [code, status, retry, message])
    assert.deepEqual([error.faults, error.retryAfterMs, error.cause], [[], undefined, undefined])
  }
})

test('an error takes a more exact sentence, faults, a time to wait and a cause', () => {
  const cause = new Error('inner')
  const error = new BusError('RATE_LIMITED', { message: 'Slow down', faults: ['a'], retryAfterMs: 5, cause })
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'BusError')
  assert.equal(error.message, 'Slow down')
  assert.deepEqual(error.faults, ['a'])
  assert.equal(error.retryAfterMs, 5)
  assert.equal(error.cause, cause)
})
