import { createHash } from 'node:crypto'
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type MsgRequest,
  type PeerInfo,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamConfig,
  type StreamInfo
} from '@nats-io/jetstream'
import { headers, nanos } from '@nats-io/transport-node'
import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Link } from './link.ts'
import { pull } from './pull.ts'
import { Slots } from './slots.ts'
import { LIVE_SUBJECTS, STORED_SUBJECTS } from './subjects.ts'
import type { Wired } from './wire.ts'

/** What the stream keeps, in the words of the configuration. */
export interface ArchiveLimits {
  /** Messages per channel that can be read; 0 keeps none. */
  readonly historyCount: number
  readonly historyAgeMs: number
  /** All channels together; over it the oldest of all go first. */
  readonly historyTotalBytes: number
  readonly duplicateWindowMs: number
  /** Servers that hold each message: 1, 3 or 5. */
  readonly replicas: number
}

/** What the archive works with. */
export interface ArchiveParts {
  readonly link: Link
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

/** One stored message, and where it belongs. */
export interface Kept extends Wired {
  readonly subject: string
}

/** What the stream holds. */
export interface Holdings {
  readonly messages: number
  readonly bytes: number
  /** Sequence of the latest message of all. */
  readonly lastSequence: number
  /** Whether the leader has lately heard of enough of the servers that hold copies to store anything. */
  readonly hasMajority: boolean
}

const STREAM = 'AQ_MSG'
/** When a stream that another node has just made can be used. */
const MADE_MS = 250
const ANSWER_MS = 2_000
const READ_MS = 5_000
/** A server that the leader has not heard of for so long is silent: it hears of each every second. */
const SILENT_MS = 2_500
/** Readers of long stretches at a time, and those that may wait. */
const READERS = 32
const MAX_WAITING_READERS = 1_000
/** Up to so many messages are fetched one by one; for more a consumer is made. */
const MAX_STEPS = 8
/** Consumers and single messages in turn, until a server that lags behind has caught up. */
const MAX_TURNS = 50
/** Least that the server takes for a window of duplicates. */
const LEAST_WINDOW_MS = 100

/** The one stream of all messages, and the ways to read it [cluster.md, Subjects, Positions]. Failures are ENGINE_UNAVAILABLE. */
export class Archive {
  readonly #link: Link
  readonly #clock: ArchiveParts['clock']
  readonly #log: Log
  readonly #limits: ArchiveLimits
  readonly #readers = new Slots(READERS, MAX_WAITING_READERS)
  readonly #manager: JetStreamManager
  /** Of the stream that is open, other than that of any other that was ever made. */
  tag = ''

  private constructor({ link, clock, log }: ArchiveParts, limits: ArchiveLimits, manager: JetStreamManager) {
    this.#link = link
    this.#clock = clock
    this.#log = log
    this.#limits = limits
    this.#manager = manager
  }

  /** Opens the stream, which is made or changed if need be. @throws {BusError} ENGINE_UNAVAILABLE, which says why */
  static async open(parts: ArchiveParts, limits: ArchiveLimits): Promise<Archive> {
    const manager = await jetstreamManager(parts.link.connection, { timeout: ANSWER_MS, checkAPI: false })
    const archive = new Archive(parts, limits, manager)
    await archive.ensure()
    return archive
  }

  /** Makes the stream what it has to be. True when it is another one than before. */
  async ensure(): Promise<boolean> {
    try {
      const tag = this.#tagOf(await this.#ensure(configOf(this.#limits)))
      const isAnother = this.tag !== '' && this.tag !== tag
      this.tag = tag
      return isAnother
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unknown reason'
      throw new BusError('ENGINE_UNAVAILABLE', { message: `The stream ${STREAM} cannot be used: ${why}`, cause })
    }
  }

  /** The latest message of a subject. */
  lastOf(subject: string): Promise<Kept | undefined> {
    return this.#get({ last_by_subj: subject })
  }

  /** The oldest message of a subject after a sequence. */
  nextOf(subject: string, afterSequence: number): Promise<Kept | undefined> {
    return this.#get({ seq: afterSequence + 1, next_by_subj: subject })
  }

  /** The message of that sequence, if it is kept and of the subject. */
  async at(subject: string, sequence: number): Promise<Kept | undefined> {
    const kept = await this.#get({ seq: sequence })
    return kept?.subject === subject ? kept : undefined
  }

  /** How many messages of a subject are kept. */
  countOf(subject: string): Promise<number> {
    return this.#ask(async () => {
      const { state } = await this.#manager.streams.info(STREAM, { subjects_filter: subject })
      return state.subjects?.[subject] ?? 0
    })
  }

  /** What the stream holds of all subjects; undefined when it is gone. Only the leader of the stream answers. */
  holdings(): Promise<Holdings | undefined> {
    return this.#ask(async () => {
      const present = await this.#present()
      if (present === undefined || this.#tagOf(present) !== this.tag) return undefined
      const { messages, bytes, last_seq: lastSequence } = present.state
      return { messages, bytes, lastSequence, hasMajority: isMajorityHeard(present.cluster?.replicas ?? []) }
    })
  }

  /** Drops all messages of a subject. */
  async purge(subject: string): Promise<void> {
    await this.#ask(() => this.#manager.streams.purge(STREAM, { filter: subject }))
  }

  /**
   * Goes through the messages of a subject from after one sequence up to another, which is stored, oldest first, until `take`
   * returns false.
   */
  async read(subject: string, after: number, upTo: number, take: (kept: Kept) => boolean): Promise<void> {
    let reached = after
    let isWanted = true
    const note = (kept: Kept): boolean => {
      reached = kept.sequence
      isWanted = take(kept)
      return isWanted && reached < upTo
    }
    for (let step = 0; isWanted && reached < upTo; step++) {
      const kept = await this.nextOf(subject, reached)
      if (kept === undefined || kept.sequence > upTo) return
      if (!note(kept) || step < MAX_STEPS) continue
      if (step > MAX_TURNS) throw new BusError('ENGINE_UNAVAILABLE', { message: 'A server lags too far behind' })
      // What a server that lags behind leaves out is found by the next step.
      await this.#readers.run(() => this.#ask(() => this.#scan(subject, reached, upTo, note)))
    }
  }

  async #scan(subject: string, after: number, upTo: number, note: (kept: Kept) => boolean): Promise<void> {
    const { name, num_pending } = await this.#manager.consumers.add(STREAM, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
      filter_subject: subject,
      inactive_threshold: nanos(READ_MS * 2),
      mem_storage: true,
      num_replicas: 1
    })
    try {
      if (num_pending === 0) return
      const source = { link: this.#link, clock: this.#clock, stream: STREAM, consumer: name, patienceMs: READ_MS }
      await pull(source, kept => kept.sequence <= upTo && note(kept))
    } finally {
      await this.#manager.consumers.delete(STREAM, name).catch(() => {})
    }
  }

  #get(
    query: { seq: number } | { last_by_subj: string } | { seq: number; next_by_subj: string }
  ): Promise<Kept | undefined> {
    return this.#ask(async () => {
      // Only the leader is asked: what a replica that lags behind does not know yet would count as not there.
      const kept = await this.#manager.streams.getMessage(STREAM, query as MsgRequest)
      return kept === null ? undefined : keptOf(kept)
    })
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.#link.assertUp()
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof BusError ? cause : new BusError('ENGINE_UNAVAILABLE', { cause })
    }
  }

  async #ensure(config: StreamConfig): Promise<StreamInfo> {
    const present = await this.#present()
    if (present === undefined) return await this.#make(config)
    const wrong = Object.entries(config).flatMap(([key, value]) => {
      const [found, wanted] = [present.config[key as keyof StreamConfig], value].map(part => JSON.stringify(part))
      return found === wanted ? [] : [`${key}: ${wanted} instead of ${found}`]
    })
    if (wrong.length === 0) return present
    const changed = await this.#manager.streams.update(STREAM, { ...present.config, ...config })
    this.#log.warn({ settings: wrong }, 'the stream of messages has got the settings of this node')
    return changed
  }

  /** Short text that differs for each stream that was ever made. */
  #tagOf(stream: StreamInfo): string {
    const identity = this.#link.identityOf(stream)
    return createHash('sha256').update(`${STREAM} ${identity}`).digest('hex').slice(0, 8)
  }

  /** The stream of that name, if there is one. */
  async #present(): Promise<StreamInfo | undefined> {
    try {
      return await this.#manager.streams.info(STREAM)
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined
      throw error
    }
  }

  /** Nodes that start together make it together. Whoever comes too late is refused, and finds it a little later. */
  async #make(config: StreamConfig): Promise<StreamInfo> {
    const { streams } = this.#manager
    try {
      return await streams.add(this.#link.identified(config))
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error
      await new Promise<void>(resolve => this.#clock.after(MADE_MS, resolve))
      return await streams.info(STREAM).catch(() => Promise.reject(error))
    }
  }
}

/** Of the leader, which answers, and the others that hold copies. */
function isMajorityHeard(others: readonly Pick<PeerInfo, 'active'>[]): boolean {
  const heard = others.filter(({ active }) => active < nanos(SILENT_MS)).length + 1
  return heard * 2 > others.length + 1
}

function keptOf({ seq, subject, data, header }: StoredMsg): Kept {
  return { sequence: seq, subject, data, headers: header ?? headers() }
}

/**
 * One message more is kept than can be read: the one before the oldest proves that nothing between them is missing. Single messages
 * cannot be deleted, which would break that proof.
 */
function configOf(limits: ArchiveLimits) {
  const { historyCount, historyAgeMs, historyTotalBytes, duplicateWindowMs, replicas } = limits
  return {
    name: STREAM,
    subjects: [STORED_SUBJECTS],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    max_msgs_per_subject: historyCount + 1,
    max_age: nanos(historyAgeMs),
    max_bytes: historyTotalBytes,
    duplicate_window: nanos(Math.max(LEAST_WINDOW_MS, Math.min(duplicateWindowMs, historyAgeMs))),
    num_replicas: replicas,
    allow_direct: true,
    deny_delete: true,
    republish: { src: STORED_SUBJECTS, dest: LIVE_SUBJECTS }
  } as StreamConfig
}
