import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import type { TestContext } from 'node:test'
import { type ErrorCode, errorTable } from '../../src/errors.ts'
import { startServer, type TestClient, type TestServer } from '../helper.ts'
import { closed, type Document, type Operation, readDocument, type Schema, Schemas } from './openapi.ts'

/** What is sent, as it is written on the wire. */
export interface Sent {
  readonly method: string
  /** Path with its query, already encoded. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** What came back. */
export interface Got {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Lets a walk in that is faster than any client, and switches on what can be. */
const generous = { ARQONBUS_REST_PER_SECOND: '1000000', ARQONBUS_OMEGA_ENABLED: 'true' }
/** What differs each time, although nothing was changed. */
const restless = new Set(['last_activity', 'next_run_at', 'last_run_at', 'fired', 'outbox_bytes', 'stats', 'state'])

/** Asks a server over real connections, and holds each answer against its document. */
export class Walker {
  readonly document: Document
  readonly schemas: Schemas
  readonly server: TestServer
  readonly #token: string | undefined
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  readonly #closed = new Map<Schema, Schema>()
  /** Answers by operation and status, to see what the walk has met. */
  readonly met = new Map<string, number>()

  private constructor(server: TestServer, text: string, token: string | undefined) {
    this.server = server
    this.document = readDocument(text)
    this.schemas = new Schemas(this.document)
    this.#token = token
  }

  static async start(t: TestContext, env: Record<string, string> = {}, token?: string): Promise<Walker> {
    const server = await startServer(t, { ...generous, ...env })
    const answer = await fetch(`${server.httpUrl}/openapi.json`)
    const walker = new Walker(server, await answer.text(), token)
    t.after(() => walker.#agent.destroy())
    return walker
  }

  /** Connects a client to the bus. */
  connect(): Promise<TestClient> {
    return this.server.connect('/ws', { headers: this.#credentials() })
  }

  /** Sends one request; a stream counts as answered with its head. */
  async ask({ method, url, headers = {}, body }: Sent): Promise<Got> {
    const { hostname: host, port } = new URL(this.server.httpUrl)
    return new Promise((resolve, reject) => {
      const sent = request({
        host,
        port,
        path: url,
        method,
        agent: this.#agent,
        headers: {
          ...this.#credentials(),
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) })
        }
      })
      sent.on('error', reject)
      sent.on('response', response => {
        const chunks: Buffer[] = []
        const type = response.headers['content-type'] ?? ''
        const finish = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            type,
            headers: response.headers,
            text: Buffer.concat(chunks).toString()
          })
        if (type.startsWith('text/event-stream')) {
          finish()
          sent.destroy()
        }
        response
          .on('data', chunk => chunks.push(chunk))
          .on('end', finish)
          .on('error', reject)
      })
      sent.end(body)
    })
  }

  /** Sends JSON. */
  async send(
    method: string,
    url: string,
    value?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ): Promise<Got> {
    const body = value === undefined ? undefined : JSON.stringify(value)
    return this.ask({
      method,
      url,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body
    })
  }

  /** Holds an answer of an operation against what is documented of it. */
  judge(operation: Operation, got: Got, what: string): void {
    const { responses, method, path } = operation
    const name = `${method} ${path}`
    const about = `${name} ${what}: ${got.status} ${got.text.slice(0, 300)}`
    this.met.set(`${name} ${got.status}`, (this.met.get(`${name} ${got.status}`) ?? 0) + 1)
    assert.ok(got.status < 500, about)
    const response = responses[got.status] ?? assert.fail(`not documented: ${about}`)
    const media = response.content?.[got.type.split(';', 1)[0] ?? ''] ?? assert.fail(`${got.type}: ${about}`)
    if (got.status >= 400) this.judgeRefusal(got, about, Object.keys(media.examples ?? {}))
    else if (got.type.startsWith('application/json'))
      assert.equal(this.schemas.faultsOf(this.#closedOf(media.schema), JSON.parse(got.text)), '', about)
  }

  /** Holds a refusal against what every refusal is. @param codes that it may have; any when absent */
  judgeRefusal(got: Got, about: string, codes?: readonly string[]): void {
    const answer = JSON.parse(got.text)
    assert.deepEqual(Object.keys(answer).sort(), ['code', 'details', 'error'], about)
    assert.equal(errorTable[answer.code as ErrorCode]?.status, got.status, about)
    if (codes) assert.ok(codes.includes(answer.code), `the code is not documented: ${about}`)
    assert.doesNotMatch(got.text, /A{201}/, about)
    assert.ok(answer.details.length < 4_000, about)
    if (got.status === 401) assert.equal(got.headers['www-authenticate'], 'Bearer realm="arqonbus"')
    if (got.status === 429) assert.ok(Number(got.headers['retry-after']) >= 1)
  }

  /** Everything that a refused request is not to change. */
  async state(): Promise<string> {
    const paths = [
      'rooms',
      'rooms/science/channels',
      'rooms/lab/channels',
      'clients',
      'webhooks',
      'cron',
      'store/lab',
      'casil'
    ]
    const more = ['omega/substrates', 'omega/events', 'webhooks/dead-letters', 'rooms/lab/channels/bench/messages']
    const texts = []
    for (const path of [...paths, ...more]) {
      const { status, text } = await this.send('GET', `/v1/${path}`)
      texts.push([path, status, JSON.parse(text, (key, value) => (restless.has(key) ? undefined : value))])
    }
    return JSON.stringify(texts)
  }

  #credentials(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
  }

  #closedOf(schema: Schema): Schema {
    const known = this.#closed.get(schema)
    if (known) return known
    const made = closed(schema)
    this.#closed.set(schema, made)
    return made
  }
}
