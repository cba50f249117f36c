import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { TestClient, type TestServer } from '../helper.ts'

/** How to ask for the telemetry socket. */
export interface WatchOptions {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

/** Where the telemetry socket of a test server is; it is opened if it is not open yet. */
export async function telemetryUrl({ app }: TestServer): Promise<string> {
  if (app.telemetryAddress() === undefined) await app.listenTelemetry()
  return `ws://127.0.0.1:${app.telemetryAddress()?.port}`
}

/** Connects to the telemetry socket and takes the welcome; rejects with `Unexpected server response: …` when refused. */
export async function watch(t: TestContext, server: TestServer, options: WatchOptions = {}): Promise<TestClient> {
  const url = `${await telemetryUrl(server)}${options.path ?? '/telemetry'}`
  const socket = new WebSocket(url, [...(options.protocols ?? [])], { headers: options.headers ?? {} })
  t.after(() => socket.terminate())
  const client = new TestClient(socket)
  await once(socket, 'open')
  await client.next(({ event_type }) => event_type === 'telemetry_connected')
  return client
}

/** The next event of this kind. */
export function nextEvent(client: TestClient, name: string) {
  return client.next(({ event_type }) => event_type === name)
}

/** All events that a watcher was sent so far, without the welcome. */
export async function eventsOf(client: TestClient) {
  await client.settle()
  return client.frames.slice(1).filter(frame => frame.event_type !== undefined)
}
