import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { type ServerFrame, startServer } from '../helper.ts'
import { listen } from '../support/listener.ts'
import { collectSpans } from '../support/spans.ts'
import { until } from '../support/until.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const traceparent = `00-${TRACE}-${PARENT}-01`
const SECRET = 'tangerine'

/** A server of the HTTP that webhooks speak; it answers with the statuses given, then with 204. */
async function openSink(t: TestContext, ...statuses: number[]) {
  const received: { headers: IncomingHttpHeaders; metadata: ServerFrame }[] = []
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    const { envelope } = JSON.parse(Buffer.concat(chunks).toString())
    received.push({ headers: request.headers, metadata: envelope.metadata })
    response.writeHead(statuses.shift() ?? 204).end()
  })
  const { port } = await listen(t, server)
  return { received, url: `http://127.0.0.1:${port}/hook?key=${SECRET}` }
}

function named(spans: readonly ReadableSpan[], name: string): ReadableSpan[] {
  return spans.filter(span => span.name === `arqonbus.${name}`)
}

test('publish, delivery and webhook are one trace, from the client to the sink', async t => {
  const spans = collectSpans(t)
  const server = await startServer(t)
  const [ada, bob, cid] = [await server.connect(), await server.connect(), await server.connect()]
  for (const member of [bob, cid]) await member.join('science:explore')
  const sink = await openSink(t)
  const { payload } = await ada.command('op.webhook.register', { url: sink.url })
  const metadata = { traceparent, tracestate: 'vendor=1', own: 7 }
  const payloadSent = { text: SECRET }
  await ada.ask({ type: 'message', id: 'arq_one', room: 'science:explore', payload: payloadSent, metadata })
  const delivered = await bob.next(frame => frame.id === 'arq_one')
  await until('the sink was asked', () => sink.received.length === 1)
  await until('the attempt has ended', () => named(spans(), 'webhook').length === 1)

  const [publish] = named(spans(), 'publish')
  const [deliver] = named(spans(), 'deliver')
  const [webhook] = named(spans(), 'webhook')
  assert.equal(spans().length, 3)
  for (const span of spans()) assert.equal(span.spanContext().traceId, TRACE)
  assert.equal(publish?.parentSpanContext?.spanId, PARENT)
  const own = publish.spanContext().spanId
  assert.deepEqual([deliver?.parentSpanContext?.spanId, webhook?.parentSpanContext?.spanId], [own, own])
  assert.equal(deliver?.attributes['arqonbus.members'], 2)
  assert.equal(webhook?.attributes['arqonbus.webhook.rule_id'], payload.data.rule_id)

  const carried = { own: 7, traceparent: `00-${TRACE}-${own}-01`, tracestate: 'vendor=1' }
  assert.deepEqual(delivered.metadata, carried)
  assert.deepEqual(sink.received[0]?.metadata, carried)
  assert.equal(sink.received[0]?.headers.traceparent, `00-${TRACE}-${webhook?.spanContext().spanId}-01`)
  assert.equal(sink.received[0]?.headers.tracestate, 'vendor=1')
  for (const { attributes, status, events } of spans()) {
    assert.doesNotMatch(JSON.stringify([attributes, status, events]), /tangerine|http:/)
  }
})

test('each attempt of a webhook is a span of its own', async t => {
  const spans = collectSpans(t)
  const server = await startServer(t)
  const ada = await server.connect()
  const sink = await openSink(t, 500)
  await ada.command('op.webhook.register', { url: sink.url })
  await ada.ask({ type: 'message', room: 'science:explore', payload: {} })
  await until('both attempts have ended', () => named(spans(), 'webhook').length === 2)
  const attempts = named(spans(), 'webhook').map(({ attributes }) => [
    attributes['arqonbus.webhook.attempt'],
    attributes['arqonbus.webhook.outcome'],
    attributes['http.response.status_code']
  ])
  assert.deepEqual(attempts, [
    [1, 'refused', 500],
    [2, 'ok', 204]
  ])
})

test('a private message is delivered within the trace too', async t => {
  const spans = collectSpans(t)
  const server = await startServer(t)
  const [ada, bob] = [await server.connect(), await server.connect()]
  await ada.ask({ type: 'private', to: [bob.id], payload: {}, metadata: { traceparent } })
  await bob.next(frame => frame.type === 'private')
  const [deliver] = named(spans(), 'deliver')
  assert.deepEqual([deliver?.spanContext().traceId, deliver?.attributes['arqonbus.members']], [TRACE, 1])
})

test('a request to publish goes on the trace of its header', async t => {
  const spans = collectSpans(t)
  const server = await startServer(t)
  const bob = await server.connect()
  await bob.join('science:explore')
  const response = await post(server.httpUrl, '/v1/rooms/science/channels/explore/messages', { payload: {} })
  assert.equal(response.status, 201)
  const { metadata } = await bob.next(frame => frame.type === 'message' && frame.sequence !== undefined)
  const [publish] = named(spans(), 'publish')
  assert.deepEqual([publish?.spanContext().traceId, publish?.parentSpanContext?.spanId], [TRACE, PARENT])
  assert.equal(metadata.traceparent, `00-${TRACE}-${publish?.spanContext().spanId}-01`)
})

test('a refused message and a trace that is not valid are no errors of the server', async t => {
  const spans = collectSpans(t)
  const server = await startServer(t)
  const ada = await server.connect()
  const metadata = { traceparent: 'junk' }
  const accepted = await ada.ask({ type: 'message', room: 'science:explore', payload: {}, metadata })
  const refused = await ada.ask({ type: 'system', room: 'science:explore', payload: {}, metadata: { traceparent } })
  assert.deepEqual([accepted.status, refused.error_code], ['success', 'AUTHORIZATION_ERROR'])
  const [first, second] = named(spans(), 'publish')
  assert.equal(first?.parentSpanContext, undefined)
  assert.deepEqual([second?.spanContext().traceId, second?.attributes['error.type']], [TRACE, 'AUTHORIZATION_ERROR'])
})

test('without an SDK the trace passes through byte for byte, to members and sinks', async t => {
  const server = await startServer(t)
  assert.equal(server.app.traces.isOn, false)
  const [ada, bob] = [await server.connect(), await server.connect()]
  await bob.join('science:explore')
  const sink = await openSink(t)
  await ada.command('op.webhook.register', { url: sink.url })
  const texts: string[] = []
  bob.socket.on('message', data => texts.push(data.toString()))
  const written = `{ "own": 1.0, "traceparent":"${traceparent}",  "tracestate":"vendor=1" }`
  ada.send(`{"type":"message","id":"arq_one","room":"science:explore","payload":{},"metadata":${written}}`)
  await bob.next(frame => frame.id === 'arq_one')
  assert.ok(texts.some(text => text.includes(`"metadata":${written}`)))
  await until('the sink was asked', () => sink.received.length === 1)
  assert.equal(sink.received[0]?.headers.traceparent, traceparent)
  assert.equal(sink.received[0]?.headers.tracestate, 'vendor=1')

  ada.send({
    type: 'message',
    id: 'arq_two',
    room: 'science:explore',
    payload: {},
    metadata: { traceparent: 'a\r\nb: c' }
  })
  const second = await bob.next(frame => frame.id === 'arq_two')
  assert.equal(second.metadata.traceparent, 'a\r\nb: c')
  await until('the sink was asked again', () => sink.received.length === 2)
  assert.deepEqual([sink.received[1]?.headers.traceparent, sink.received[1]?.headers.b], [undefined, undefined])

  await post(server.httpUrl, '/v1/publish', {
    messages: [{ room: 'science', channel: 'explore', payload: { last: 1 } }]
  })
  const third = await bob.next(frame => frame.payload.last === 1)
  assert.deepEqual(third.metadata, { traceparent })
})

test('a rule cannot set the headers of traces itself', async t => {
  const server = await startServer(t)
  const ada = await server.connect()
  const headers = { TraceParent: traceparent, tracestate: 'a=1' }
  const refused = await ada.command('op.webhook.register', { url: 'http://127.0.0.1:1/', headers })
  assert.deepEqual(refused.payload.data.errors, [
    'headers.TraceParent: must not be set',
    'headers.tracestate: must not be set'
  ])
})

function post(httpUrl: string, path: string, body: object): Promise<Response> {
  return fetch(`${httpUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent },
    body: JSON.stringify(body)
  })
}
