import type { Broker } from '../broker/broker.ts'

/** A member of a channel, as nodes tell each other. */
export interface Member {
  readonly client_id: string
  readonly screen_name?: string | undefined
  readonly client_type: string
  /** Milliseconds since the epoch. */
  readonly joined_at_ms: number
}

/** What one node counts since its start, and at the moment. */
export interface NodeTally {
  readonly clients: number
  readonly accepted: number
  readonly messages: number
}

/** A client as operators see it. */
export interface ShownClient {
  readonly client_id: string
}

/**
 * What nodes ask each other, by kind: the question, and what one node answers to it. Lists are cut by {@link cutList}.
 * Nodes of two versions work together while one is exchanged: what gets another shape gets another name.
 */
export interface Topics {
  /** How many members there are in channels, and how many clients in any channel of rooms, by key. */
  readonly counts: {
    readonly question: { readonly channels: readonly string[]; readonly rooms: readonly string[] }
    readonly answer: { readonly channels: readonly number[]; readonly rooms: readonly number[] }
  }
  /** The first members of a channel, and how many there are altogether. */
  readonly members: {
    readonly question: { readonly key: string; readonly limit: number }
    readonly answer: { readonly count: number; readonly members: readonly Member[] }
  }
  /** What concerns one tenant, or everything without one. */
  readonly tally: {
    readonly question: { readonly tenant?: string | undefined }
    readonly answer: NodeTally
  }
  /** The first clients of a tenant after a client id, by client id. */
  readonly clients: {
    readonly question: { readonly tenant: string; readonly cursor?: string | undefined; readonly limit: number }
    readonly answer: { readonly entries: readonly ShownClient[]; readonly isMore: boolean }
  }
  readonly client: {
    readonly question: { readonly tenant: string; readonly clientId: string }
    readonly answer: ShownClient
  }
  /** Ends a connection, where it is. */
  readonly disconnect: {
    readonly question: { readonly tenant: string; readonly clientId: string }
    readonly answer: { readonly clientId: string }
  }
}

type Kind = keyof Topics
type Answerer<K extends Kind> = (question: Topics[K]['question']) => Topics[K]['answer'] | undefined

/** Most bytes of a list in one answer: half of what NATS takes as one message. */
const MAX_LIST_BYTES = 524_288

/** What this node asks the other nodes, and what it answers them. */
export class Peers {
  readonly #broker: Pick<Broker, 'peerCount' | 'ask'>
  /** Map( kind -> what answers ) */
  readonly #answers = new Map<string, (question: never) => unknown>()

  constructor(broker: Pick<Broker, 'peerCount' | 'ask'>) {
    this.#broker = broker
  }

  /** How many other nodes there are. */
  get count(): number {
    return this.#broker.peerCount
  }

  get isAlone(): boolean {
    return this.#broker.peerCount === 0
  }

  /** Has the questions of one kind answered, when others ask. Undefined: there is nothing to say. */
  answer<K extends Kind>(kind: K, run: Answerer<K>): void {
    this.#answers.set(kind, run)
  }

  /** Asks all other nodes. Whoever does not answer in time has nothing; it never rejects. */
  async ask<K extends Kind>(kind: K, question: Topics[K]['question']): Promise<readonly Topics[K]['answer'][]> {
    if (this.isAlone) return []
    try {
      return (await this.#broker.ask({ kind, ...question })) as readonly Topics[K]['answer'][]
    } catch {
      return []
    }
  }

  /** What this node says to a question of another one; nothing to a kind that it does not know. */
  asked(question: unknown): unknown {
    if (typeof question !== 'object' || question === null || !('kind' in question)) return undefined
    return this.#answers.get(String(question.kind))?.(question as never)
  }
}

/** As much of a list as one answer holds; at least its first entry. */
export function cutList<T extends object>(entries: readonly T[]): readonly T[] {
  let bytes = 0
  const end = entries.findIndex((entry, index) => {
    bytes += Buffer.byteLength(JSON.stringify(entry))
    return index > 0 && bytes > MAX_LIST_BYTES
  })
  return end < 0 ? entries : entries.slice(0, end)
}
