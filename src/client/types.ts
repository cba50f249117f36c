import type { JsonObject } from '../protocol/json.ts'
import type { BusClientError, Closure } from './error.ts'
import type { BusMessage, Frame } from './frames.ts'

/** What a {@link BusClient} tells its listeners. */
export interface ClientEvents {
  /** Every frame after the welcome, before anything else is made of it. */
  readonly frame: Frame
  /** A message from another client or the server. */
  readonly message: BusMessage
  /** What nobody awaits: a refused message that was not to be acknowledged, or a peer that breaks the protocol. */
  readonly error: BusClientError
  /** The end of the connection, once. */
  readonly close: Closure
}

/** The answer to a command; `data` is as on the wire. */
export interface CommandResult {
  readonly message: string
  readonly data: JsonObject
}

/** Where to begin, and what to be told. `since` and `epoch` belong together. */
export interface JoinOptions {
  /** The last sequence that was seen. */
  readonly since?: number | undefined
  /** The epoch of that sequence. */
  readonly epoch?: string | undefined
  /** Whether notices of others who join and leave are wanted. */
  readonly presence?: boolean | undefined
}

/** The answer to `join_channel`, as on the wire. */
export interface JoinData {
  readonly room: string
  readonly channel: string
  readonly channel_id: string
  readonly participant_count: number
  readonly joined_at: string
  readonly created: boolean
  /** Where the channel stood at the time of joining. */
  readonly sequence: number
  readonly epoch: string
  /** Present when a position was given: whether everything missed follows. */
  readonly recovered?: boolean
}

/** The answer to `history`, as on the wire. */
export interface HistoryData {
  readonly room: string
  /** Null when the address had none: the room with all its channels. */
  readonly channel: string | null
  readonly limit: number
  readonly count: number
  readonly total_messages: number
  readonly history: readonly HistoryEntry[]
}

/** One stored message. */
export interface HistoryEntry extends BusMessage {
  readonly stored_at: string
}

/** How to publish. */
export interface PublishOptions {
  /** `arq_…`; made by the client unless given. */
  readonly id?: string | undefined
  readonly type?: 'message' | 'event' | undefined
  /** Whether to wait for the acknowledgement; true unless told. */
  readonly ack?: boolean | undefined
  /** Whether this connection, if it is a member, gets its own message too. */
  readonly echo?: boolean | undefined
  readonly metadata?: JsonObject | undefined
}

/** What became of a message. The position is undefined when it was not acknowledged, or is not stored in one channel. */
export interface Published {
  readonly id: string
  readonly sequence: number | undefined
  readonly epoch: string | undefined
  /** Whether the same id had been published before; the position is the first one's. */
  readonly duplicate: boolean
}

/** What became of a private message. */
export interface Sent {
  readonly id: string
  /** The targets that are not connected. */
  readonly missing: readonly string[]
}

/** How to read messages. */
export interface StreamOptions {
  /** How many unread messages may wait; 1,000 unless told. */
  readonly maxBuffered?: number | undefined
}
