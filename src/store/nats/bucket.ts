import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import { Sampled } from '../../log/sampled.ts'
import type { Log } from '../../log.ts'
import { type Draft, type Entry, entryOf, headersOf, NOTHING } from './entry.ts'
import type { Subjects } from './subjects.ts'

/** The connection to the servers, as far as a store needs it. It comes back by itself. */
export interface Link {
  readonly connection: NatsConnection
  readonly isUp: boolean
  /** Most bytes of one message with its headers, as the server has it. */
  readonly maxPayloadBytes: number
  /** The configuration of a stream that is to be made there, with what tells it from any other that ever has its name. */
  identified<T extends object>(config: T): T
  /** Which stream it is, of all that ever had its name. */
  identityOf(stream: Pick<StreamInfo, 'config' | 'created'>): string
  /** @throws {BusError} ENGINE_UNAVAILABLE while there is no connection */
  assertUp(): void
  onUp(run: () => void): void
  onDown(run: () => void): void
  close(): Promise<void>
}

/** Takes what the bucket says of one key. */
export type TakeEntry = (subject: string, entry: Entry) => void

/** How a bucket is kept and read. */
export interface BucketOptions {
  readonly subjects: Subjects
  /** Servers that hold each value: 1, 3 or 5. */
  readonly replicas: number
  /** Of one value. */
  readonly maxValueBytes: number
  /** How long an answer may take, in milliseconds; {@link ANSWER_MS} when absent. */
  readonly answerMs?: number
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

/** How far the bucket has come. */
export interface BucketState {
  /** Differs for each bucket that was ever made. */
  readonly identity: string
  readonly lastRevision: number
}

/** Another write came first. */
export class MovedOn extends Error {}

/** How long an answer may take: a change needs two of them and must be done, or refused, within 5 s [cluster.md, N3]. */
export const ANSWER_MS = 1_000
const READ_MS = 5_000
/** What is on its way at a time: half of what a server keeps for one connection before it gives it up. */
const BATCH_BYTES = 32 * 1024 * 1024
const MAX_BATCH = 500
/** When a bucket that another node has just made can be used. */
const MADE_MS = 250
/** Most questions under way; beyond it nothing more is taken [cluster.md, Rules that bite]. */
const MAX_ASKED = 1_000
/** Why the bucket cannot be used is one line of each reason in this time. */
const REASONS_MS = 10_000
const MAX_REASONS = 100
/** In newer servers the code that tells what the last revision is and the one that does not are two. */
const WRONG_LAST: readonly number[] = [JetStreamApiCodes.StreamWrongLastSequence, 10164]

/**
 * The KV bucket with everything that all tenants keep. It holds the latest of each key; whatever it stores it hands on at once to
 * every node, without leaving out a revision and nearly in its order. Failures are ENGINE_UNAVAILABLE.
 */
export class Bucket {
  readonly #link: Link
  readonly #options: BucketOptions
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #asker: JetStreamManager
  readonly #reasons: Sampled<string>
  #asked = 0

  private constructor(link: Link, options: BucketOptions, manager: JetStreamManager, asker: JetStreamManager) {
    this.#link = link
    this.#options = options
    this.#manager = manager
    this.#asker = asker
    const { clock, log, subjects, answerMs = ANSWER_MS } = options
    this.#client = jetstream(link.connection, { timeout: answerMs })
    const { stream } = subjects
    this.#reasons = new Sampled({
      clock,
      windowMs: REASONS_MS,
      maxKeys: MAX_REASONS,
      tell: (reason, repeated) =>
        log.warn(repeated > 0 ? { stream, reason, repeated } : { stream, reason }, 'NATS did not serve the store')
    })
  }

  static async open(link: Link, options: BucketOptions): Promise<Bucket> {
    const manager = await jetstreamManager(link.connection, { timeout: READ_MS, checkAPI: false })
    const { answerMs = ANSWER_MS } = options
    const asker = await jetstreamManager(link.connection, { timeout: answerMs, checkAPI: false })
    return new Bucket(link, options, manager, asker)
  }

  /** Makes the bucket what it has to be. @throws {BusError} ENGINE_UNAVAILABLE, which says why */
  async ensure(): Promise<BucketState> {
    try {
      const stream = await this.#ensure(configOf(this.#options))
      return { identity: this.#link.identityOf(stream), lastRevision: stream.state.last_seq }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unknown reason'
      throw new BusError('ENGINE_UNAVAILABLE', { message: `The bucket of the store cannot be used: ${why}`, cause })
    }
  }

  /** What the bucket says of a key now. Its leader is asked: another server might not know the latest yet. */
  read(subject: string): Promise<Entry> {
    return this.#ask(async () => {
      const found = await this.#asker.streams.getMessage(this.#stream, { last_by_subj: subject })
      return found === null ? NOTHING : entryOf(found.seq, found.header, found.data)
    })
  }

  /** Writes if the key is still at a revision, and returns the new one. @throws {MovedOn} */
  write(subject: string, draft: Draft, revision: number): Promise<number> {
    return this.#ask(async () => {
      try {
        const ack = await this.#client.publish(subject, draft.text, {
          headers: headersOf(draft),
          expect: { lastSubjectSequence: revision }
        })
        return ack.seq
      } catch (error) {
        if (error instanceof JetStreamApiError && WRONG_LAST.includes(error.code)) throw new MovedOn()
        throw error
      }
    })
  }

  /** Takes out what is under a subject up to a revision, so that nothing of it is left. */
  purge(subject: string, revision: number): Promise<void> {
    return this.#ask(async () => {
      await this.#manager.streams.purge(this.#stream, { filter: subject, seq: revision + 1 })
    })
  }

  /** Is told from now on of everything that is stored, as it is stored. */
  follow(take: TakeEntry): void {
    const { subjects } = this.#options
    this.#link.connection.subscribe(subjects.live, {
      callback: (error, { subject, headers, data }) => {
        const revision = Number(headers?.get('Nats-Sequence'))
        if (error === null && revision > 0) take(subjects.storedOf(subject), entryOf(revision, headers, data))
      }
    })
  }

  /** Goes through what the bucket holds from a revision on, in its order, until the end as it is then. */
  load(fromRevision: number, take: TakeEntry): Promise<void> {
    return this.#ask(async () => {
      const { name, num_pending } = await this.#manager.consumers.add(this.#stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(1, fromRevision),
        inactive_threshold: nanos(READ_MS * 2),
        mem_storage: true,
        num_replicas: 1
      })
      try {
        if (num_pending > 0) await this.#drain(name, take)
      } finally {
        await this.#manager.consumers.delete(this.#stream, name).catch(() => {})
      }
    })
  }

  /** Tells nothing any more. */
  close(): void {
    this.#reasons.close()
  }

  get #stream(): string {
    return this.#options.subjects.stream
  }

  async #drain(name: string, take: TakeEntry): Promise<void> {
    const consumer = await this.#client.consumers.get(this.#stream, name)
    // Servers before 2.10 end a batch that is bounded in bytes after 100 messages and do not say so.
    const max_messages = Math.max(1, Math.min(MAX_BATCH, Math.floor(BATCH_BYTES / this.#options.maxValueBytes)))
    for (let count = 0, isMore = true; isMore; ) {
      const before = count
      for await (const message of await consumer.fetch({ max_messages, expires: READ_MS })) {
        const { deliverySequence, pending } = message.info
        if (deliverySequence !== ++count) throw new Error('a message of the bucket was lost on its way')
        take(message.subject, entryOf(message.seq, message.headers, message.data))
        isMore = pending > 0
        if (!isMore) break
      }
      if (count === before) throw new Error('the bucket was not read to its end')
    }
  }

  async #ensure(config: StreamConfig) {
    const { streams } = this.#manager
    try {
      const present = await streams.info(config.name)
      const wrong = Object.entries(config).some(
        ([key, value]) => JSON.stringify(present.config[key as keyof StreamConfig]) !== JSON.stringify(value)
      )
      return wrong ? await streams.update(config.name, { ...present.config, ...config }) : present
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error
      return await this.#make(config)
    }
  }

  /** Nodes that start together make it together. Whoever comes too late is refused, and finds it a little later. */
  async #make(config: StreamConfig) {
    const { streams } = this.#manager
    try {
      return await streams.add(this.#link.identified(config))
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error
      await new Promise<void>(resolve => this.#options.clock.after(MADE_MS, resolve))
      return await streams.info(config.name).catch(() => Promise.reject(error))
    }
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.#link.assertUp()
    if (this.#asked >= MAX_ASKED) throw new BusError('ENGINE_UNAVAILABLE')
    this.#asked++
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof BusError || cause instanceof MovedOn) throw cause
      const reason = cause instanceof Error ? cause.message : 'unknown reason'
      this.#reasons.add(reason, reason)
      throw new BusError('ENGINE_UNAVAILABLE', { cause })
    } finally {
      this.#asked--
    }
  }
}

/** As the tools of NATS make a bucket, so that they can look into it. */
function configOf({ subjects, replicas }: BucketOptions) {
  return {
    name: subjects.stream,
    subjects: [subjects.stored],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    storage: StorageType.File,
    max_msgs_per_subject: 1,
    num_replicas: replicas,
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
    republish: { src: subjects.stored, dest: subjects.live }
  } as unknown as StreamConfig
}
