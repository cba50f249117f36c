import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WebSocket } from 'ws'
import { renderAsyncApi } from '../docs/render/asyncapi.ts'
import { commands } from '../docs/render/commands.ts'
import { type ServerFrame, startServer } from './helper.ts'
import { closed, type Schema, Schemas } from './support/openapi.ts'
import { until } from './support/until.ts'
import { readVectors, type Step } from './support/vectors.ts'

/** Messages of the document by name, each so that a property which is not listed does not fit. */
let messages: Map<string, Schema>
let schemas: Schemas

before(async () => {
  const document = JSON.parse(await renderAsyncApi())
  const all = Object.entries<{ readonly payload: Schema }>(document.components.messages)
  messages = new Map(all.map(([name, { payload }]) => [name, name.startsWith('client.') ? payload : closed(payload)]))
  schemas = new Schemas(document)
})

/** What a placeholder of a vector may stand for. */
const samples: Readonly<Record<string, unknown>> = {
  id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
  client: 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00',
  timestamp: '2026-11-22T12:00:00.000Z',
  epoch: '5f0c3a9b1d2e',
  number: 1,
  text: 'text',
  object: {}
}

function fill(value: unknown): unknown {
  if (typeof value === 'string') {
    const [, kind = ''] = /^<([a-z]+)(?::[\w-]+)?>$/.exec(value) ?? []
    if (kind in samples) return samples[kind]
    return value.replace(/<([a-z]+)(?::[\w-]+)?>/g, (whole, inner: string) => String(samples[inner] ?? whole))
  }
  if (Array.isArray(value)) return value.map(fill)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]))
}

/** The name of the message that a frame of the server is, given which commands were asked under which ids. */
function nameOf(frame: ServerFrame, asked: ReadonlyMap<string, string>): string {
  if (frame.payload?.welcome !== undefined) return 'server.welcome'
  if (frame.type === 'message_response') return 'server.acknowledgement'
  if (frame.type !== 'response') return `server.${frame.type}`
  return frame.status === 'error' ? 'server.refusal' : `server.response.${asked.get(frame.request_id) ?? ''}`
}

/** Which command each id stands for; the names of commands are those of the document. */
function askedIn(steps: readonly Step[]): Map<string, string> {
  const asked = new Map<string, string>()
  for (const step of steps) {
    const frames = 'client' in step ? ('frame' in step ? [step.frame] : 'frames' in step ? step.frames : []) : []
    for (const { id, command, payload } of frames) {
      const name = command ?? payload?.command
      const record = commands.find(one => one.name === name || one.aliases?.includes(name))
      if (record) asked.set(id, record.name)
    }
  }
  return asked
}

function faultsOf(name: string, frame: unknown): string {
  return schemas.faultsOf(messages.get(name) ?? assert.fail(`no message ${name}`), frame)
}

for (const [file, { steps }] of readVectors()) {
  test(`${file}: every frame of the server is as the document says`, () => {
    const asked = askedIn(steps)
    for (const step of steps) {
      const frame = 'server' in step ? step.frame : 'connect' in step ? step.welcome : undefined
      // What stands for any object at all, and answers to commands without an id, say nothing here.
      if (frame === undefined || frame.payload?.data === '<object>') continue
      if (frame.status === 'success' && frame.type === 'response' && !frame.request_id) continue
      const name = nameOf(frame, asked)
      assert.equal(faultsOf(name, fill(frame)), '', `${name} ${JSON.stringify(frame)}`)
    }
  })
}

test('every frame of a vector that the server takes fits the message of its type', () => {
  for (const [file, { steps }] of readVectors()) {
    if (file.startsWith('validation-')) continue
    const refused = new Set(
      steps.flatMap(step => ('server' in step && step.frame.error_code ? [step.frame.request_id] : []))
    )
    for (const step of steps) {
      if (!('client' in step && 'frame' in step)) continue
      const { frame } = step
      if (frame.type === 'command' || frame.id === undefined || refused.has(frame.id)) continue
      const present = Object.fromEntries(Object.entries(frame).filter(([, value]) => value !== null))
      assert.equal(faultsOf(`client.${frame.type}`, fill(present)), '', `${file} ${JSON.stringify(frame)}`)
    }
  }
})

test('every frame of the telemetry socket is as the document says', async t => {
  const { app, connect } = await startServer(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  await app.listenTelemetry()
  const watcher = new WebSocket(`ws://127.0.0.1:${app.telemetryAddress()?.port}/telemetry`)
  t.after(() => watcher.terminate())
  const frames: ServerFrame[] = []
  watcher.on('message', data => frames.push(JSON.parse(String(data))))
  const told = (kind: string): boolean => frames.some(frame => (frame.type ?? frame.event_type) === kind)
  await until('the watcher is welcome', () => told('telemetry_connected'))
  const ada = await connect()
  await ada.join('lab:bench')
  await ada.command('channel_info', { channel_id: 'lab:nowhere' })
  const other = new WebSocket(`ws://127.0.0.1:${app.telemetryAddress()?.port}/telemetry`)
  t.after(() => other.terminate())
  await new Promise(resolve => other.once('open', resolve))
  other.send('{"eventType":"heartbeat","payload":{"load":0.4}}')
  for (const text of [
    '{"type":"ping"}',
    '{"type":"subscribe","events":[]}',
    '{"type":"unsubscribe","events":["stats"]}',
    '{'
  ])
    watcher.send(text)
  const kinds = ['pong', 'subscribed', 'unsubscribed', 'error', 'client_connected', 'command_failed', 'heartbeat']
  for (const kind of kinds) await until(`the watcher is told ${kind}`, () => told(kind))
  for (const frame of frames) {
    const name = frame.type ?? (frame.event_type === 'telemetry_connected' ? 'connected' : 'event')
    assert.equal(faultsOf(`telemetry.server.${name}`, frame), '', JSON.stringify(frame))
  }
})
