import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inTraceOf, traceFields, traceOf, traceOfText } from '../../../src/protocol/trace.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const OTHER = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

test('a trace is read with what makers of tracing systems added', () => {
  assert.deepEqual(traceOf({ traceparent: PARENT }), { traceparent: PARENT, tracestate: undefined })
  assert.deepEqual(traceOf({ traceparent: PARENT, tracestate: 'a=1,b=2' }), {
    traceparent: PARENT,
    tracestate: 'a=1,b=2'
  })
})

const invalid: readonly unknown[] = [
  undefined,
  7,
  '',
  PARENT.toUpperCase(),
  `${PARENT}\r\nx: y`,
  `${PARENT}\n`,
  ` ${PARENT}`,
  PARENT.slice(1),
  PARENT.replace('00-', 'ff-'),
  PARENT.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
  PARENT.replace('b7ad6b7169203331', '0'.repeat(16)),
  PARENT.replace(/-01$/, '-0g')
]
for (const traceparent of invalid) {
  test(`${JSON.stringify(traceparent)} names no trace`, () => assert.equal(traceOf({ traceparent }), undefined))
}

test('a state that is no header is left out, at 513 characters and not at 512', () => {
  const stateOf = (tracestate: unknown) => traceOf({ traceparent: PARENT, tracestate })?.tracestate
  assert.equal(stateOf('x'.repeat(512)), 'x'.repeat(512))
  for (const state of ['x'.repeat(513), '', 'a=1\r\nb: 2', 'a=ü', 7]) assert.equal(stateOf(state), undefined)
})

test('whatever is written there is either fit for a header or left out', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (traceparent, tracestate) => {
      for (const parent of [traceparent, PARENT]) {
        const trace = traceOf({ traceparent: parent, tracestate })
        for (const value of Object.values(trace ? traceFields(trace) : {})) assert.match(value, /^[\x20-\x7e]+$/)
      }
    })
  )
})

test('the text of metadata names a trace only at its top level', () => {
  assert.equal(traceOfText(JSON.stringify({ traceparent: PARENT }))?.traceparent, PARENT)
  assert.equal(traceOfText(JSON.stringify({ deep: { traceparent: PARENT } })), undefined)
  assert.equal(traceOfText('{}'), undefined)
})

test('metadata take the trace of the request unless they name one', () => {
  const headers = { traceparent: PARENT, tracestate: 'a=1' }
  assert.deepEqual(inTraceOf(headers, { key: 1 }), { key: 1, ...headers })
  assert.deepEqual(inTraceOf(headers, undefined), headers)
  assert.deepEqual(inTraceOf(headers, { traceparent: OTHER }), { traceparent: OTHER })
  assert.deepEqual(inTraceOf({ traceparent: 'junk' }, { key: 1 }), { key: 1 })
  assert.equal(inTraceOf({}, undefined), undefined)
})
