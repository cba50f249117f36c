import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { envelopeOf } from '../../../src/bus/post.ts'
import { BusError } from '../../../src/errors.ts'
import type { Envelope } from '../../../src/protocol/envelope.ts'
import type { JsonObject } from '../../../src/protocol/json.ts'
import { traceOf } from '../../../src/protocol/trace.ts'
import { Traces } from '../../../src/telemetry/traces.ts'
import { makeMessage } from '../../support/messages.ts'
import { collectSpans } from '../../support/spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const traceparent = `00-${TRACE}-${PARENT}-01`

function setTraces(t: TestContext) {
  const spans = collectSpans(t)
  const traces = new Traces()
  traces.refresh()
  return { spans, traces }
}

/** Publishes with the metadata, and returns the envelope that would go on. */
function publish(traces: Traces, metadata: JsonObject, error?: BusError): Envelope {
  const message = makeMessage({ id: 'arq_one' })
  let taken: Envelope | undefined
  const answers: unknown[] = []
  traces.publish<{ message: typeof message; isDuplicate: boolean }>(
    envelopeOf({ type: 'message', payload: { text: 'tangerine' }, metadata }),
    'message',
    (...answer) => answers.push(answer),
    (envelope, answer) => {
      taken = envelope
      answer(error, error ? undefined : { message, isDuplicate: false })
    }
  )
  assert.deepEqual(answers, [error ? [error, undefined] : [undefined, { message, isDuplicate: false }]])
  return taken as Envelope
}

test('spans are made from when somebody collects them until nobody does', t => {
  const traces = new Traces()
  traces.refresh()
  assert.equal(traces.isOn, false)
  collectSpans(t)
  traces.refresh()
  assert.equal(traces.isOn, true)
  trace.disable()
  traces.refresh()
  assert.equal(traces.isOn, false)
})

test('a published message goes on the trace of its metadata, which then name the span', t => {
  const { spans, traces } = setTraces(t)
  const { metadata, metadataText } = publish(traces, { key: 1, traceparent, tracestate: 'a=1' })
  const [span] = spans()
  assert.equal(span?.name, 'arqonbus.publish')
  assert.equal(span.kind, SpanKind.PRODUCER)
  assert.deepEqual([span.spanContext().traceId, span.parentSpanContext?.spanId], [TRACE, PARENT])
  assert.deepEqual(metadata, {
    key: 1,
    traceparent: `00-${TRACE}-${span.spanContext().spanId}-01`,
    tracestate: 'a=1'
  })
  assert.equal(metadataText, undefined)
  assert.deepEqual(span.attributes, {
    'messaging.system': 'arqonbus',
    'messaging.message.id': 'arq_one',
    'messaging.destination.name': 'science:explore',
    'arqonbus.message.type': 'message'
  })
})

test('a trace that is not recorded is not recorded here, and goes on as such', t => {
  const { spans, traces } = setTraces(t)
  const { metadata } = publish(traces, { traceparent: `00-${TRACE}-${PARENT}-00` })
  assert.deepEqual(spans(), [])
  assert.match(String(metadata.traceparent), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
})

for (const metadata of [{}, { traceparent: 'junk', tracestate: 'a=1' }, { traceparent: `ff-${TRACE}-${PARENT}-01` }]) {
  test(`a trace begins here with the metadata ${JSON.stringify(metadata)}`, t => {
    const { spans, traces } = setTraces(t)
    const sent = publish(traces, metadata).metadata
    const [span] = spans()
    assert.equal(span?.parentSpanContext, undefined)
    assert.deepEqual(sent, { traceparent: traceOf(sent)?.traceparent })
    assert.equal(traceOf(sent)?.traceparent.split('-')[1], span?.spanContext().traceId)
  })
}

test('a refusal is an error of its code, without a word of its text', t => {
  const { spans, traces } = setTraces(t)
  publish(traces, {}, new BusError('VALIDATION_ERROR', { faults: ['tangerine'] }))
  const [span] = spans()
  assert.deepEqual(span?.status, { code: SpanStatusCode.ERROR, message: 'VALIDATION_ERROR' })
  assert.equal(span.attributes['error.type'], 'VALIDATION_ERROR')
  assert.doesNotMatch(JSON.stringify([span.attributes, span.events, span.status]), /tangerine/)
})

test('a delivery tells to how many it went', t => {
  const { spans, traces } = setTraces(t)
  traces.startDelivery(makeMessage({ id: 'arq_one', metadata: JSON.stringify({ traceparent }) }))?.(3)
  const [span] = spans()
  assert.deepEqual([span?.name, span?.kind], ['arqonbus.deliver', SpanKind.CONSUMER])
  assert.deepEqual([span?.spanContext().traceId, span?.parentSpanContext?.spanId], [TRACE, PARENT])
  assert.equal(span?.attributes['arqonbus.members'], 3)
})

test('what is in no trace is delivered without a span', t => {
  const { spans, traces } = setTraces(t)
  for (const metadata of ['{}', '{"traceparent":"junk"}']) {
    assert.equal(traces.startDelivery(makeMessage({ metadata })), undefined)
  }
  assert.deepEqual(spans(), [])
})

test('an attempt to post tells its rule, number and end, and is a span that the sink can go on from', t => {
  const { spans, traces } = setTraces(t)
  const message = { messageId: 'arq_one', room: 'science', channel: 'explore', trace: traceOf({ traceparent }) }
  const good = traces.startAttempt(message, 'wh_1', 1)
  good.end({ outcome: 'ok', status: 204 })
  traces.startAttempt(message, 'wh_1', 2).end({ outcome: 'timeout', status: undefined })
  const [first, second] = spans()
  assert.equal(good.trace?.traceparent, `00-${TRACE}-${first?.spanContext().spanId}-01`)
  assert.deepEqual(
    [first?.name, first?.kind, first?.parentSpanContext?.spanId],
    ['arqonbus.webhook', SpanKind.CLIENT, PARENT]
  )
  assert.deepEqual(first?.attributes, {
    'messaging.system': 'arqonbus',
    'messaging.message.id': 'arq_one',
    'messaging.destination.name': 'science:explore',
    'arqonbus.webhook.rule_id': 'wh_1',
    'arqonbus.webhook.attempt': 1,
    'arqonbus.webhook.outcome': 'ok',
    'http.response.status_code': 204
  })
  assert.equal(second?.status.code, SpanStatusCode.ERROR)
  assert.equal(second.attributes['error.type'], 'timeout')
})
