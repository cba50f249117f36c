import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from './tokens.ts'
import { until } from './until.ts'

/** One step of a vector, as `test/fixtures/README.md` explains it. */
export type Step =
  | Connect
  | { readonly join: string; readonly address: string }
  | { readonly client: string; readonly frame: ServerFrame }
  | { readonly client: string; readonly frames: readonly ServerFrame[] }
  | { readonly client: string; readonly text: string }
  | { readonly client: string; readonly binary: string }
  | { readonly server: string; readonly frame: ServerFrame }
  | { readonly close: string }

interface Connect {
  readonly connect: string
  readonly path?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly welcome?: ServerFrame
}

/** A conversation with a server, frame by frame. */
export interface Vector {
  readonly title: string
  readonly environment?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

const folder = new URL('../fixtures/frames/', import.meta.url)

/** All vectors, by file name. */
export function readVectors(): Map<string, Vector> {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return new Map(names.sort().map(name => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))]))
}

/** What a placeholder stands for. */
const kinds = new Map<string, (value: unknown) => boolean>([
  ['id', value => /^arq_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(value))],
  ['client', value => /^arq_client_[0-9a-f]{32}$/.test(String(value))],
  ['timestamp', value => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value))],
  ['epoch', value => /^[0-9a-f]{12}$/.test(String(value))],
  ['number', value => typeof value === 'number' && value >= 0],
  ['text', value => typeof value === 'string' && value !== ''],
  ['object', value => typeof value === 'object' && value !== null && !Array.isArray(value)]
])
const placeholder = /^<([a-z]+)(?::([\w-]+))?>$/
const SETTLE = 'arq_settle-'

/** A server and the clients of one vector. */
export class Conversation {
  readonly #server: TestServer
  readonly #clients = new Map<string, TestClient>()
  readonly #taken = new Map<string, number>()
  /** What named placeholders stand for: Map( "kind:name" -> value ) */
  readonly #bound = new Map<string, unknown>()
  #settled = 0

  constructor(server: TestServer) {
    this.#server = server
    this.#bound.set('url:server', server.httpUrl)
  }

  static async start(t: TestContext, vector: Vector): Promise<Conversation> {
    const hasClaims = vector.steps.some(step => 'claims' in step)
    const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
    return new Conversation(await startServer(t, { ...(hasClaims ? auth : {}), ...vector.environment }))
  }

  get clients(): readonly string[] {
    return [...this.#clients.keys()]
  }

  /** Does what a step says; for a step of the server, waits for the frame and compares it. */
  async play(step: Step): Promise<void> {
    if ('connect' in step) await this.#connect(step)
    else if ('join' in step) await this.#join(step.join, step.address)
    else if ('server' in step) this.#match(await this.next(step.server), step.frame, `to ${step.server}`)
    else if ('close' in step) await this.#close(step.close)
    else if ('frame' in step) this.#of(step.client).send(this.#fill(step.frame) as ServerFrame)
    else if ('frames' in step)
      for (const frame of step.frames) this.#of(step.client).send(this.#fill(frame) as ServerFrame)
    else if ('text' in step) this.#of(step.client).send(step.text)
    else this.#of(step.client).socket.send(Buffer.from(step.binary, 'hex'))
  }

  /** Waits until the server has nothing more for a client, and returns what had not been taken. */
  async settle(name: string): Promise<ServerFrame[]> {
    const id = this.#newId()
    const client = this.#of(name)
    client.send({ type: 'ping', id })
    await until(`the server has answered ${name}`, () => client.frames.some(frame => frame.request_id === id))
    const rest = client.frames.slice(this.#taken.get(name))
    this.#taken.set(name, client.frames.length)
    return rest.filter(frame => !isSettling(frame))
  }

  /** The next frame to a client. */
  async next(name: string): Promise<ServerFrame> {
    const { frames } = this.#of(name)
    for (let at = this.#taken.get(name) ?? 0; ; at++) {
      await until(`the server sends another frame to ${name}`, () => frames.length > at)
      const frame = frames[at] as ServerFrame
      this.#taken.set(name, at + 1)
      if (!isSettling(frame)) return frame
    }
  }

  async #connect({ connect: name, path = '/ws', claims, welcome }: Connect): Promise<void> {
    const token = claims === undefined ? undefined : signToken(validClaims(Date.now(), claims))
    if (token !== undefined) this.#bound.set(`token:${name}`, token)
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const client = await this.#server.connect(path, { headers })
    this.#clients.set(name, client)
    this.#bound.set(`client:${name}`, client.id)
    const first = await this.next(name)
    if (welcome !== undefined) this.#match(first, welcome, `to ${name}`)
  }

  async #join(name: string, address: string): Promise<void> {
    const id = this.#newId()
    const client = this.#of(name)
    client.send({ type: 'command', id, command: 'join_channel', args: { channel_id: address } })
    await until(`${name} has joined ${address}`, () => client.frames.some(frame => frame.request_id === id))
  }

  async #close(name: string): Promise<void> {
    const client = this.#of(name)
    client.socket.close()
    await client.closed
    this.#clients.delete(name)
  }

  /** An id for what is no part of the vector. */
  #newId(): string {
    return `${SETTLE}${++this.#settled}`
  }

  #of(name: string): TestClient {
    return this.#clients.get(name) ?? assert.fail(`nobody is connected as ${name}`)
  }

  /** Puts the values of named placeholders into what is sent. */
  #fill(value: unknown): unknown {
    if (typeof value === 'string') return value.replace(/<([a-z]+:[\w-]+)>/g, (_, key: string) => this.#valueOf(key))
    if (Array.isArray(value)) return value.map(one => this.#fill(one))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#fill(one)]))
  }

  #valueOf(key: string): string {
    return String(this.#bound.get(key) ?? assert.fail(`<${key}> stands for nothing yet`))
  }

  #match(actual: unknown, expected: unknown, path: string): void {
    if (typeof expected === 'string') this.#matchText(actual, expected, path)
    else if (Array.isArray(expected)) {
      assert.ok(Array.isArray(actual) && actual.length === expected.length, `${path}: ${describe(actual, expected)}`)
      for (const [at, one] of expected.entries()) this.#match(actual[at], one, `${path}[${at}]`)
    } else if (expected !== null && typeof expected === 'object') {
      assert.ok(actual !== null && typeof actual === 'object', `${path}: ${describe(actual, expected)}`)
      const keys = [Object.keys(actual).sort(), Object.keys(expected).sort()]
      assert.deepEqual(keys[0], keys[1], `${path}: ${describe(actual, expected)}`)
      for (const [key, one] of Object.entries(expected)) this.#match(Reflect.get(actual, key), one, `${path}.${key}`)
    } else assert.equal(actual, expected, `${path}: ${describe(actual, expected)}`)
  }

  #matchText(actual: unknown, expected: string, path: string): void {
    const [, kind = '', name] = placeholder.exec(expected) ?? []
    const isKind = kinds.get(kind)
    const key = `${kind}:${name}`
    if (isKind !== undefined && (name === undefined || !this.#bound.has(key))) {
      assert.ok(isKind(actual), `${path}: ${describe(actual, expected)}`)
      if (name !== undefined) this.#bound.set(key, actual)
    } else if (isKind !== undefined)
      assert.equal(actual, this.#bound.get(key), `${path}: ${describe(actual, expected)}`)
    else assert.equal(actual, this.#fill(expected), `${path}: ${describe(actual, expected)}`)
  }
}

function isSettling(frame: ServerFrame): boolean {
  return typeof frame.request_id === 'string' && frame.request_id.startsWith(SETTLE)
}

function describe(actual: unknown, expected: unknown): string {
  return `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`
}
