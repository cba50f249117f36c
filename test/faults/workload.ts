import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type BusClient, type BusClientError, connect, type Position } from '../../src/client/index.ts'
import { findFaults, type Happening } from '../support/history-checker.ts'
import { signToken, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import type { Figures } from './figures.ts'

/** What is published and followed while something breaks. */
export interface WorkloadOptions {
  /** Where publishers and members connect. */
  readonly wsUrl: string
  /** `room:channel`, which nobody else uses. */
  readonly channel: string
  readonly publishers?: number
  readonly members?: number
  /** Messages of all publishers together. */
  readonly perSecond?: number
}

const RESEND_MS = 500
const MAX_RESEND_MS = 4_000
const MAX_TEXT = 200

/** Connects as somebody, however often that fails in a way that is worth another attempt. */
export async function enter(wsUrl: string, sub: string, claims: object = {}): Promise<BusClient> {
  const getToken = (): string => signToken(validClaims(Date.now(), { sub, ...claims }))
  for (;;) {
    try {
      return await connect(wsUrl, { getToken, reconnect: { baseMs: 50, maxMs: 500 }, maxQueued: 20_000 })
    } catch (error) {
      assert.ok((error as BusClientError).retry, String(error))
      await pause(100)
    }
  }
}

/**
 * Publishers that send what was refused again under the same id until it is acknowledged, and members that recover, in one channel;
 * and everything that happens to them.
 */
export class Workload {
  readonly history: Happening[] = []
  /** How often members and publishers had to come back. */
  reconnects = 0
  readonly #options: Required<WorkloadOptions>
  readonly #clients: BusClient[] = []
  readonly #sending: Promise<void>[] = []
  readonly #codes = new Set<string>()
  /** Map( id -> time at which it was sent first ), of what is not acknowledged */
  readonly #open = new Map<string, number>()
  readonly #startMs = performance.now()
  /** Map( member -> sequence of its latest message ) */
  readonly #ends = new Map<string, number>()
  /** Map( member -> why its membership has ended ) */
  readonly #ejected = new Map<string, BusClientError>()
  #isWanted = true
  #acked = 0
  #refused = 0
  #refusalMs = 0
  #gapMs = 0
  #ackMs = performance.now()
  #end: Position = { sequence: 0, epoch: '' }
  /** Latest time of sending of what is acknowledged. */
  #ackedSentMs = 0

  private constructor(options: WorkloadOptions) {
    this.#options = { publishers: 4, members: 2, perSecond: 200, ...options }
  }

  /** Resolves when all are members and the first message is acknowledged. */
  static async start(options: WorkloadOptions): Promise<Workload> {
    const workload = new Workload(options)
    const { publishers, members } = workload.#options
    await Promise.all(Array.from({ length: members }, (_, n) => workload.#follow(`member-${n}`)))
    const clients = await Promise.all(Array.from({ length: publishers }, (_, n) => workload.#enter(`publisher-${n}`)))
    workload.#ackMs = performance.now()
    for (const [n, client] of clients.entries()) workload.#sending.push(workload.#publish(client, `publisher-${n}`))
    await until('a message is acknowledged', () => workload.acked > 0)
    return workload
  }

  get acked(): number {
    return this.#acked
  }

  get refused(): number {
    return this.#refused
  }

  /** Resolves when something is acknowledged that is sent from now on; tells how long that took, in milliseconds. */
  async goesOn(): Promise<number> {
    const sinceMs = performance.now()
    await until('messages are acknowledged again', () => this.#ackedSentMs >= sinceMs)
    return performance.now() - sinceMs
  }

  /**
   * Sends nothing new, waits until all is acknowledged and has come to everybody, has one more member read all from the beginning, and
   * checks the history.
   */
  async stop(): Promise<Omit<Figures, 'recoveryMs' | 'notes'>> {
    this.#isWanted = false
    await Promise.all(this.#sending)
    const seconds = (performance.now() - this.#startMs) / 1_000
    await this.#follow('reader', 0)
    for (const member of this.#ends.keys())
      await until(`${member} has got all; it ${this.#lately(member)}`, () => this.#hasAll(member))
    await this.close()
    return {
      seconds,
      acked: this.#acked,
      delivered: this.history.filter(({ kind }) => kind === 'delivered').length,
      refused: this.#refused,
      codes: [...this.#codes],
      gapMs: this.#gapMs,
      refusalMs: this.#refusalMs,
      faults: findFaults(this.history)
    }
  }

  async close(): Promise<void> {
    this.#isWanted = false
    await Promise.all(this.#clients.map(client => client.close()))
  }

  #hasAll(member: string): boolean {
    const left = this.#ejected.get(member)
    if (left !== undefined) throw left
    return (this.#ends.get(member) ?? 0) >= this.#end.sequence
  }

  /** How a member came to where it is. */
  #lately(member: string): string {
    const own = this.history.filter(one => 'member' in one && one.member === member && one.kind !== 'delivered')
    return `stands at ${this.#ends.get(member)} of ${this.#end.sequence} after ${JSON.stringify(own.slice(-3))}`
  }

  async #enter(name: string): Promise<BusClient> {
    const client = await enter(this.#options.wsUrl, name)
    this.#clients.push(client)
    client.on('state', ({ state }) => {
      if (state === 'waiting') this.reconnects++
    })
    return client
  }

  /** @param since where to begin; at the present end unless told */
  async #follow(member: string, since?: number): Promise<void> {
    const client = await this.#enter(member)
    const channel = client.channel(this.#options.channel)
    this.#ends.set(member, 0)
    const note = (happening: Happening): void => void this.history.push(happening)
    channel.on('recovered', ({ recovered, end }) => note({ kind: 'joined', member, recovered, ...end }))
    channel.on('left', ({ error }) => {
      note({ kind: 'left', member })
      if (error !== undefined) this.#ejected.set(member, error)
    })
    const early: Happening[] = []
    let take = (happening: Happening): void => void early.push(happening)
    channel.on('message', ({ id, sequence = 0, epoch = '' }) => {
      this.#ends.set(member, sequence)
      take({ kind: 'delivered', member, id, sequence, epoch })
    })
    const place = since === undefined ? {} : { since: { sequence: since, epoch: this.#end.epoch } }
    const { sequence, epoch, recovered } = await insist(() => channel.join(place))
    if (since !== undefined) assert.equal(recovered, true, 'all is still there')
    note({ kind: 'joined', member, sequence: since ?? sequence, epoch })
    this.history.push(...early)
    take = note
  }

  async #publish(client: BusClient, publisher: string): Promise<void> {
    const { publishers, perSecond } = this.#options
    const everyMs = (1_000 * publishers) / perSecond
    const underWay: Promise<void>[] = []
    const startMs = performance.now()
    for (let n = 0; this.#isWanted; n++) {
      underWay.push(this.#send(client, publisher, n))
      await pause(Math.max(0, startMs + (n + 1) * everyMs - performance.now()))
    }
    await Promise.all(underWay)
  }

  /** Sends one message until it is acknowledged. */
  async #send(client: BusClient, publisher: string, n: number): Promise<void> {
    const id = `arq_${publisher}-${n}`
    const firstMs = performance.now()
    this.#open.set(id, firstMs)
    for (let waitMs = RESEND_MS; this.#open.has(id); waitMs = Math.min(MAX_RESEND_MS, waitMs * 2)) {
      const sentMs = performance.now()
      this.history.push({ kind: 'sent', publisher, id })
      try {
        const payload = { n, text: 'x'.repeat(n % MAX_TEXT) }
        const { sequence = 0, epoch = '' } = await client.publish(this.#options.channel, payload, { id })
        this.#take({ id, sequence, epoch }, firstMs)
      } catch (error) {
        const { code, retry } = error as BusClientError
        this.#refusalMs = Math.max(this.#refusalMs, performance.now() - sentMs)
        this.#refused++
        this.#codes.add(code)
        this.history.push({ kind: 'refused', id, code, retry })
        if (client.state === 'closed') return
        await pause(waitMs)
      }
    }
  }

  #take({ id, sequence, epoch }: Position & { readonly id: string }, firstMs: number): void {
    const nowMs = performance.now()
    this.history.push({ kind: 'acked', id, sequence, epoch })
    this.#open.delete(id)
    this.#acked++
    this.#gapMs = Math.max(this.#gapMs, nowMs - this.#ackMs)
    this.#ackMs = nowMs
    this.#ackedSentMs = Math.max(this.#ackedSentMs, firstMs)
    if (sequence > this.#end.sequence) this.#end = { sequence, epoch }
  }
}

/** Does something until it succeeds, while errors say that it may. */
export async function insist<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if ((error as BusClientError).retry !== true) throw error
      await pause(100)
    }
  }
}
