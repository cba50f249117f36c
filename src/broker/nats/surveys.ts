import { createInbox, headers, type Msg } from '@nats-io/transport-node'
import type { Clock } from '../../clock.ts'
import type { Link } from './link.ts'

/** What asking the other nodes needs. */
export interface SurveyParts {
  readonly node: string
  readonly link: Pick<Link, 'subscribe' | 'publish' | 'maxPayloadBytes'>
  readonly clock: Pick<Clock, 'after'>
  /** The other nodes that are known. */
  readonly peers: () => Iterable<string>
  /** What a node said; undefined when it is not of this program. */
  readonly read: (message: Msg) => Answer | undefined
}

/** What a node answers. */
export interface Answer {
  readonly node: string
  /** Clients that a private message has reached. */
  readonly reached?: readonly string[]
  readonly isInUse?: boolean
  /** What the bus of that node says. */
  readonly said?: unknown
}

/** What is done with the answers to one question. */
export interface Survey {
  /** How long nodes may take, in milliseconds; {@link SURVEY_MS} when absent. */
  readonly patienceMs?: number
  /** Takes one answer. True when no more are needed. */
  readonly take: (answer: Answer) => boolean
  /** Called once, with the number of nodes that did not answer in time, and whether the question was too large to be sent. */
  readonly finish: (silentCount: number, isTooLarge: boolean) => void
}

interface Running {
  readonly take: Survey['take']
  /** Nodes that have not answered. */
  readonly silent: Set<string>
  readonly end: () => void
}

/** Says which node sent something that all hear, the sender too. */
export const FROM = 'Aq-Node'
/** How long nodes may take to answer [cluster.md, Rules that bite]. */
const SURVEY_MS = 250
/** What headers add to a message at most. */
const HEADERS_BYTES = 256
const MAX_SURVEYS = 10_000

/** Questions to all other nodes, with one inbox for the answers. */
export class Surveys {
  readonly #parts: SurveyParts
  readonly #inbox = createInbox()
  /** Map( number -> question under way ) */
  readonly #running = new Map<number, Running>()
  #count = 0

  constructor(parts: SurveyParts) {
    this.#parts = parts
    parts.link.subscribe(`${this.#inbox}.*`, message => this.#hear(message))
  }

  /** Asks all nodes that are known. Without any, or while the question cannot be sent, it is over at once. */
  start(subject: string, question: object, { take, finish, patienceMs = SURVEY_MS }: Survey): void {
    const { link, clock, node, peers } = this.#parts
    const silent = new Set(peers())
    if (silent.size === 0 || this.#running.size >= MAX_SURVEYS) {
      finish(silent.size, false)
      return
    }
    const data = Buffer.from(JSON.stringify(question))
    if (!fits(link, data)) {
      finish(silent.size, true)
      return
    }
    const number = ++this.#count
    const end = (): void => {
      timer.cancel()
      if (this.#running.delete(number)) finish(silent.size, false)
    }
    const timer = clock.after(patienceMs, end)
    this.#running.set(number, { silent, take, end })
    const from = headers()
    from.set(FROM, node)
    if (!link.publish(subject, data, { headers: from, reply: `${this.#inbox}.${number}` })) end()
  }

  /** Waits for a node no longer. */
  forget(node: string): void {
    for (const running of [...this.#running.values()]) this.#take(running, { node })
  }

  /** Ends what is under way. */
  close(): void {
    for (const { end } of [...this.#running.values()]) end()
  }

  #hear(message: Msg): void {
    const running = this.#running.get(Number(message.subject.slice(this.#inbox.length + 1)))
    const answer = this.#parts.read(message)
    if (running !== undefined && answer !== undefined) this.#take(running, answer)
  }

  #take({ silent, take, end }: Running, answer: Answer): void {
    silent.delete(answer.node)
    if (take(answer) || silent.size === 0) end()
  }
}

/** Whether the servers take so much as one message. */
export function fits({ maxPayloadBytes }: Pick<Link, 'maxPayloadBytes'>, data: Uint8Array): boolean {
  return data.length + HEADERS_BYTES <= maxPayloadBytes
}
