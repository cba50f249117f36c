import { createInbox, headers, type Msg } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Stamped } from '../../protocol/message.ts'
import type { Sink } from '../broker.ts'
import type { Link } from './link.ts'
import {
  EPHEMERAL_SUBJECTS,
  ephemeralSubject,
  NODES_SUBJECT,
  nodeSubject,
  PRIVATE_SUBJECTS,
  privateSubject
} from './subjects.ts'

/** What speaking to the other nodes needs. */
export interface NodesParts {
  /** Differs for each process. */
  readonly node: string
  readonly link: Link
  readonly clock: Pick<Clock, 'monotonic' | 'every' | 'after'>
  readonly log: Log
  readonly sink: Sink
  /** Another node has emptied a channel up to a sequence. */
  readonly forgotten: (key: string, upTo: number) => void
  /** Whether a channel is of use here. */
  readonly isInUse: (key: string) => boolean
}

/** What nodes tell each other. */
type Notice =
  | { readonly kind: 'hello' | 'here' | 'bye'; readonly node: string }
  | { readonly kind: 'used'; readonly node: string; readonly key: string }
  | { readonly kind: 'forgotten'; readonly node: string; readonly key: string; readonly upTo: number }

/** A question to all nodes. */
interface Survey {
  /** Nodes that have not answered. */
  readonly silent: Set<string>
  /** Takes one answer. True when no more are needed. */
  readonly take: (answer: Answer) => boolean
  readonly finish: () => void
}

/** What a node answers. */
interface Answer {
  readonly node: string
  /** Clients that a private message has reached. */
  readonly reached?: readonly string[]
  readonly isInUse?: boolean
}

/** Says which node sent something that all hear, the sender too. */
const FROM = 'Aq-Node'
const BEAT_MS = 3_000
/** A node that was not heard of for so long is gone. */
const GONE_MS = 10_000
/** How long nodes may take to say whom they reach [cluster.md, Rules that bite]. */
const SURVEY_MS = 250
const MAX_SURVEYS = 10_000
const PROBE_MS = 2_000

/** The other nodes: who they are, and what reaches them without being stored. */
export class Nodes {
  readonly #parts: NodesParts
  readonly #inbox = createInbox()
  readonly #beat: Timer
  /** Map( node -> monotonic time at which it was heard of ) */
  readonly #heard = new Map<string, number>()
  /** Map( number -> private message under way ) */
  readonly #surveys = new Map<number, Survey>()
  /** Map( number -> probe under way ) */
  readonly #probes = new Map<number, () => void>()
  #count = 0

  constructor(parts: NodesParts) {
    this.#parts = parts
    const { link, node, clock } = parts
    link.subscribe(NODES_SUBJECT, message => this.#hear(message))
    link.subscribe(EPHEMERAL_SUBJECTS, message => this.#deliver(message))
    link.subscribe(PRIVATE_SUBJECTS, message => this.#deliver(message))
    link.subscribe(nodeSubject(node), message => this.#probes.get(Number(message.string()))?.())
    link.subscribe(`${this.#inbox}.*`, message => this.#take(message))
    this.#beat = clock.every(BEAT_MS, () => this.#keepUp())
    link.onUp(() => this.#tell({ kind: 'hello', node }))
    this.#tell({ kind: 'hello', node })
  }

  /** How many other nodes there are. */
  get size(): number {
    return this.#heard.size
  }

  /** Delivers here and to all others, at most once. */
  broadcast(message: Stamped): void {
    this.#parts.sink.transient(message)
    const { link, node } = this.#parts
    const from = headers()
    from.set(FROM, node)
    link.publish(ephemeralSubject(message), Buffer.from(JSON.stringify(message)), { headers: from })
  }

  /** Delivers here and, to those who are not here, wherever they are. Whoever no node speaks for in time counts as missing. */
  send(message: Stamped, settled: (error: BusError | undefined, missing: readonly string[]) => void): void {
    if (!this.#parts.link.isUp) {
      settled(new BusError('ENGINE_UNAVAILABLE'), [])
      return
    }
    const reached = new Set(this.#parts.sink.transient(message))
    const missing = new Set(message.to.filter(client => !reached.has(client)))
    const finish = (): void => settled(undefined, [...missing])
    if (missing.size === 0) finish()
    else
      this.#survey(privateSubject(message.tenant), message, finish, ({ reached: there = [] }) => {
        for (const client of there) missing.delete(client)
        return missing.size === 0
      })
  }

  /** Whether another node may use a channel. One that does not answer may. */
  isUsed(key: string): Promise<boolean> {
    return new Promise(resolve => {
      let isInUse = false
      const notice: Notice = { kind: 'used', node: this.#parts.node, key }
      const finish = (silentCount: number): void => resolve(isInUse || silentCount > 0)
      this.#survey(NODES_SUBJECT, notice, finish, answer => {
        isInUse ||= answer.isInUse === true
        return isInUse
      })
    })
  }

  /** Tells the others that a channel was emptied. */
  tellForgotten(key: string, upTo: number): void {
    this.#tell({ kind: 'forgotten', node: this.#parts.node, key, upTo })
  }

  /** Resolves when a message to this node itself has come back. @throws {BusError} ENGINE_UNAVAILABLE */
  probe(): Promise<void> {
    const { link, clock, node } = this.#parts
    const number = ++this.#count
    return new Promise((resolve, reject) => {
      const end = (run: () => void): void => {
        timer.cancel()
        this.#probes.delete(number)
        run()
      }
      const timer = clock.after(PROBE_MS, () => end(() => reject(new BusError('ENGINE_UNAVAILABLE'))))
      this.#probes.set(number, () => end(resolve))
      if (!link.publish(nodeSubject(node), Buffer.from(String(number))))
        end(() => reject(new BusError('ENGINE_UNAVAILABLE')))
    })
  }

  /** Says goodbye, and ends what is under way. */
  close(): void {
    this.#beat.cancel()
    for (const { finish } of [...this.#surveys.values()]) finish()
    this.#tell({ kind: 'bye', node: this.#parts.node })
  }

  /** Asks all nodes, and finishes with the number of those that did not answer in time. */
  #survey(
    subject: string,
    question: Stamped | Notice,
    finish: (silentCount: number) => void,
    take: (answer: Answer) => boolean
  ): void {
    const { link, clock, node } = this.#parts
    const silent = new Set(this.#heard.keys())
    if (silent.size === 0 || this.#surveys.size >= MAX_SURVEYS) {
      finish(silent.size)
      return
    }
    const number = ++this.#count
    const end = (): void => {
      timer.cancel()
      if (this.#surveys.delete(number)) finish(silent.size)
    }
    const timer = clock.after(SURVEY_MS, end)
    this.#surveys.set(number, { silent, take, finish: end })
    const from = headers()
    from.set(FROM, node)
    const data = Buffer.from(JSON.stringify(question))
    if (!link.publish(subject, data, { headers: from, reply: `${this.#inbox}.${number}` })) end()
  }

  #tell(notice: Notice): void {
    this.#parts.link.publish(NODES_SUBJECT, Buffer.from(JSON.stringify(notice)))
  }

  #keepUp(): void {
    const { clock, node } = this.#parts
    this.#tell({ kind: 'here', node })
    const goneMs = clock.monotonic() - GONE_MS
    for (const [peer, heardMs] of this.#heard) if (heardMs < goneMs) this.#heard.delete(peer)
  }

  #hear(message: Msg): void {
    const notice = this.#read<Notice>(message)
    if (notice === undefined || notice.node === this.#parts.node) return
    if (notice.kind === 'bye') {
      this.#heard.delete(notice.node)
      for (const survey of [...this.#surveys.values()]) this.#answered(survey, { node: notice.node })
      return
    }
    this.#heard.set(notice.node, this.#parts.clock.monotonic())
    if (notice.kind === 'hello') this.#tell({ kind: 'here', node: this.#parts.node })
    else if (notice.kind === 'used') this.#answer(message, { isInUse: this.#parts.isInUse(notice.key) })
    else if (notice.kind === 'forgotten') this.#parts.forgotten(notice.key, notice.upTo)
  }

  #deliver(message: Msg): void {
    const { node, sink } = this.#parts
    if (message.headers === undefined || message.headers.get(FROM) === node) return
    const stamped = this.#read<Stamped>(message)
    if (stamped === undefined) return
    const reached = sink.transient(stamped)
    this.#answer(message, { reached })
  }

  #answer({ reply }: Msg, answer: Omit<Answer, 'node'>): void {
    const { link, node } = this.#parts
    if (reply) link.publish(reply, Buffer.from(JSON.stringify({ node, ...answer })))
  }

  #take(message: Msg): void {
    const survey = this.#surveys.get(Number(message.subject.slice(this.#inbox.length + 1)))
    const answer = this.#read<Answer>(message)
    if (survey !== undefined && answer !== undefined) this.#answered(survey, answer)
  }

  #answered({ silent, take, finish }: Survey, answer: Answer): void {
    silent.delete(answer.node)
    if (take(answer) || silent.size === 0) finish()
  }

  /** What a node said; undefined, and noted, when it is not JSON. */
  #read<T>(message: Msg): T | undefined {
    if (message.data.length === 0) return undefined
    try {
      return message.json<T>()
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'what came over NATS is not of this program')
      return undefined
    }
  }
}
