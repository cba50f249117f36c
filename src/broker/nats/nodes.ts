import { headers, type Msg } from '@nats-io/transport-node'
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
import { type Answer, FROM, fits, Surveys } from './surveys.ts'

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
  | { readonly kind: 'asked'; readonly node: string; readonly question: object }
  | { readonly kind: 'forgotten'; readonly node: string; readonly key: string; readonly upTo: number }

const BEAT_MS = 3_000
/** A node that was not heard of for so long is gone. */
const GONE_MS = 10_000
/** How long a node that is busy may take to say that it has reached somebody: whoever is named as missing should be. */
const PRIVATE_MS = 2_000
const PROBE_MS = 2_000

/** The other nodes: who they are, and what reaches them without being stored. */
export class Nodes {
  readonly #parts: NodesParts
  readonly #beat: Timer
  /** Map( node -> monotonic time at which it was heard of ) */
  readonly #heard = new Map<string, number>()
  readonly #surveys: Surveys
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
    this.#surveys = new Surveys({
      node,
      link,
      clock,
      peers: () => this.#heard.keys(),
      read: message => this.#read<Answer>(message)
    })
    this.#beat = clock.every(BEAT_MS, () => this.#keepUp())
    link.onUp(() => this.#tell({ kind: 'hello', node }))
    this.#tell({ kind: 'hello', node })
  }

  /** How many other nodes there are. */
  get size(): number {
    return this.#heard.size
  }

  /** Delivers here and to all others, at most once; to nobody when the servers do not take it. Errors: ENGINE_UNAVAILABLE, LIMIT_EXCEEDED. */
  broadcast(message: Stamped, settled: (error: BusError | undefined) => void): void {
    const error = this.#sendToOthers(message)
    settled(error)
    if (error === undefined) this.#parts.sink.transient(message)
  }

  /** Delivers here, and to all others if the servers take it. */
  notify(message: Stamped): void {
    this.#parts.sink.transient(message)
    this.#sendToOthers(message)
  }

  /**
   * Delivers here and, to those who are not here, wherever they are. Whoever no node speaks for in time counts as missing. Errors:
   * ENGINE_UNAVAILABLE; LIMIT_EXCEEDED when nobody is here and the servers would not take it.
   */
  send(message: Stamped, settled: (error: BusError | undefined, missing: readonly string[]) => void): void {
    const { link } = this.#parts
    if (!link.isUp) {
      settled(new BusError('ENGINE_UNAVAILABLE'), [])
      return
    }
    const reached = new Set(this.#parts.sink.transient(message))
    const missing = new Set(message.to.filter(client => !reached.has(client)))
    if (missing.size === 0) settled(undefined, [])
    else
      this.#surveys.start(privateSubject(message.tenant), message, {
        patienceMs: PRIVATE_MS,
        finish(_, isTooLarge) {
          if (isTooLarge && reached.size === 0) settled(tooLarge(link.maxPayloadBytes), [])
          else settled(undefined, [...missing])
        },
        take({ reached: there = [] }) {
          for (const client of there) missing.delete(client)
          return missing.size === 0
        }
      })
  }

  /** Whether another node may use a channel. One that does not answer may. */
  isUsed(key: string): Promise<boolean> {
    return new Promise(resolve => {
      let isInUse = false
      const notice: Notice = { kind: 'used', node: this.#parts.node, key }
      this.#surveys.start(NODES_SUBJECT, notice, {
        finish: silentCount => resolve(isInUse || silentCount > 0),
        take(answer) {
          isInUse ||= answer.isInUse === true
          return isInUse
        }
      })
    })
  }

  /** What the other nodes answer; one that does not in time has said nothing. */
  ask(question: object): Promise<readonly unknown[]> {
    return new Promise(resolve => {
      const answers: unknown[] = []
      const notice: Notice = { kind: 'asked', node: this.#parts.node, question }
      this.#surveys.start(NODES_SUBJECT, notice, {
        finish: () => resolve(answers),
        take({ said }) {
          if (said !== undefined) answers.push(said)
          return false
        }
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
    this.#surveys.close()
    this.#tell({ kind: 'bye', node: this.#parts.node })
  }

  #sendToOthers(message: Stamped): BusError | undefined {
    const { link, node } = this.#parts
    if (!link.isUp) return new BusError('ENGINE_UNAVAILABLE')
    const from = headers()
    from.set(FROM, node)
    const data = Buffer.from(JSON.stringify(message))
    if (!fits(link, data)) return tooLarge(link.maxPayloadBytes)
    return link.publish(ephemeralSubject(message), data, { headers: from })
      ? undefined
      : new BusError('ENGINE_UNAVAILABLE')
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
      this.#surveys.forget(notice.node)
      return
    }
    this.#heard.set(notice.node, this.#parts.clock.monotonic())
    if (notice.kind === 'hello') this.#tell({ kind: 'here', node: this.#parts.node })
    else if (notice.kind === 'used') this.#answer(message, { isInUse: this.#parts.isInUse(notice.key) })
    else if (notice.kind === 'asked') this.#answer(message, { said: this.#parts.sink.asked(notice.question) })
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

  /** Whoever asked is told at least that this node is there. */
  #answer({ reply }: Msg, answer: Omit<Answer, 'node'>): void {
    if (!reply) return
    const { link, node, log } = this.#parts
    const data = Buffer.from(JSON.stringify({ node, ...answer }))
    if (fits(link, data)) link.publish(reply, data)
    else {
      log.warn({ bytes: data.length }, 'an answer to another node is too large and was not sent')
      link.publish(reply, Buffer.from(JSON.stringify({ node })))
    }
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

function tooLarge(maxBytes: number): BusError {
  const message = `Limit exceeded: a message to another node can have ${maxBytes} bytes with all that belongs to it`
  return new BusError('LIMIT_EXCEEDED', { message })
}
