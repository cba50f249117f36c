import type { BusError } from '../errors.ts'
import type { HistoryPage, HistoryQuery } from '../protocol/history.ts'
import type { Position, Stamped } from '../protocol/message.ts'
import type { Publication } from '../protocol/publication.ts'

export type { HistoryPage, HistoryQuery } from '../protocol/history.ts'

/** What became of a published message. */
export interface Stored extends Position {
  /** The id was seen before from the same publisher in the same channel: nothing was stored or delivered; the position is the first one's. */
  readonly duplicate: boolean
}

/** Called exactly once per publish: with an error and nothing stored, or with the position. Must not throw. */
export type Settled = (error: BusError | undefined, stored: Stored | undefined) => void

/** The node's side: where a broker hands over what arrives for local connections. Called synchronously, must not throw. */
export interface Sink {
  /** A stored message of a subscribed channel. Per channel the calls come in the order of `sequence`, each once. */
  deliver(publication: Publication): void
  /** A message that is in no history. Returns which of `message.to` are connected here; empty for other kinds. */
  transient(message: Stamped): readonly string[]
  /** Messages of a subscribed channel may be missing from the deliveries and cannot be had any more: no member may go on as if nothing were. */
  lost(key: string): void
  /** What another node asks with {@link Broker.ask}. Returns what can be written as JSON; undefined when there is nothing to say. */
  asked(question: unknown): unknown
}

/** Answer to "what did I miss". */
export interface Recovery {
  /** True: `missed` is everything after the given position, in order, up to `position`. False: that cannot be proved and `missed` is empty. */
  readonly recovered: boolean
  readonly missed: readonly Publication[]
  /** The channel's present end. */
  readonly position: Position
}

/** What a broker holds at the moment. */
export interface BrokerStats {
  readonly channels: number
  readonly messages: number
  readonly bytes: number
}

/** How the way to an engine outside of this process does. Counts are since the start. */
export interface EngineStats {
  /** Milliseconds that the latest stored message took. */
  readonly roundTripMs: number
  readonly reconnects: number
  /** Messages that have no answer yet. */
  readonly inFlight: number
  /** Gaps that were filled before anybody saw them. */
  readonly gapsMended: number
  /** Gaps that could not be filled; members were sent away. */
  readonly gapsLost: number
  /** Other nodes that are known at the moment. */
  readonly peers: number
}

/**
 * The port between the bus and whatever moves and remembers messages. `test/contracts/broker.ts` is its executable form;
 * every implementation passes it unchanged. Channels are named by `Stamped.key`; they come into being by being published to,
 * subscribed to, or asked for their position or a recovery, and last until `forget`. Reading history brings none into being.
 *
 * A broker that is closed answers everything with ENGINE_UNAVAILABLE; what has no answer does nothing.
 */
export interface Broker {
  /** Name for people: shown in `status` and the start-up line. */
  readonly name: string

  /** Connects and starts delivering to the sink. Called once, before anything else. */
  open(sink: Sink): Promise<void>

  /**
   * Appends to the channel's history and delivers to every node, as one step per channel: two publishes to one channel are
   * never stored in one order and delivered in another, and two publishes of one caller are stored in the order of the calls.
   * `settled` is called when the message is stored, and before the sink of the publishing node sees it, so that an
   * acknowledgement precedes the publisher's own copy. A memory broker settles before it returns.
   *
   * Duplicates [limits.md P4]: same key, publisher and id within the window are reported, not stored. Only messages with
   * `hasClientId` are compared.
   *
   * `settled` and the sink may publish, to the same channel too: that message is stored at once and delivered after this one.
   */
  publish(message: Stamped, settled: Settled): void

  /**
   * Delivers to every node, at most once, without storing. `settled` is called before that; after an error nobody gets the message:
   * ENGINE_UNAVAILABLE; LIMIT_EXCEEDED when the engine does not take so much. Order against stored messages is not promised.
   */
  broadcast(message: Stamped, settled: (error: BusError | undefined) => void): void

  /** The same for what may be missed: this node gets it in any case, the others if they can be reached. */
  notify(message: Stamped): void

  /**
   * Delivers a private message to `message.to`, on whatever node they are, without storing it. `settled` is called exactly once,
   * after the delivery, and gets those that are connected nowhere.
   */
  send(message: Stamped, settled: (error: BusError | undefined, missing: readonly string[]) => void): void

  /** From when it resolves until `unsubscribe`, every publication of the channel reaches the sink. Idempotent. */
  subscribe(key: string): Promise<void>

  /** Stops the deliveries of a channel. Idempotent. */
  unsubscribe(key: string): void

  /**
   * The channel's present end; sequence 0 when nothing was published. A later `recover` honours it while history reaches back to it.
   * Of a subscribed channel it is never ahead of what the sink was given: what another node has just stored may still be on its way.
   */
  position(key: string): Promise<Position>

  /** What was published after `since`, if that can be proved [limits.md P5]; more than `limit` messages count as not recoverable. */
  recover(key: string, since: Position, limit: number): Promise<Recovery>

  /** Reads history. Of a channel that does not exist the page is empty, with an epoch that no recovery need honour. */
  read(key: string, query: HistoryQuery): Promise<HistoryPage>

  /** How many other nodes are known at the moment; one that has died counts for 15 s at most [cluster.md, N7]. */
  readonly peerCount: number

  /**
   * Asks the sinks of all other nodes, and resolves with what they say, in no order. Both ways it is JSON, and each smaller than
   * the engine takes as one message, 1 MiB as a rule. A node that does not answer within 250 ms, or cannot, has said nothing.
   */
  ask(question: object): Promise<readonly unknown[]>

  /** Drops a channel with its history. Used again, it starts with a new epoch. Whoever is subscribed stays so. */
  forget(key: string): Promise<void>

  /** Resolves when a message makes the whole way through the engine and back; rejects with ENGINE_UNAVAILABLE. */
  probe(): Promise<void>

  stats(): BrokerStats

  /** Absent where there is no engine outside of the process. */
  engine?(): EngineStats

  /** Settles what is under way and releases everything. Idempotent. */
  close(): Promise<void>
}
