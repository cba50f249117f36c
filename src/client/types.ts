import type { JsonObject } from '../protocol/json.ts'
import type { Position } from '../protocol/message.ts'
import type { CommandArgs, CommandData, CommandName } from './commands.ts'
import type { BusClientError, Closure } from './error.ts'
import type { BusMessage, Frame } from './frames.ts'
import type { StateChange } from './lifeline.ts'

/** What a {@link BusClient} tells its listeners. */
export interface ClientEvents {
  /** Every step from one state to another. */
  readonly state: StateChange
  /** Every frame after the welcome, before anything else is made of it. */
  readonly frame: Frame
  /** A message from another client or the server, each one once. */
  readonly message: BusMessage
  /** How a channel came through a new connection, once for each channel that is joined. */
  readonly recovered: Recovery
  /** What nobody awaits: a refused message that was not to be acknowledged, a token that cannot be renewed, a peer that breaks the protocol. */
  readonly error: BusClientError
  /** The end, once: nothing is tried any more. */
  readonly close: Closure
}

/** What a {@link BusChannel} tells its listeners. */
export interface ChannelEvents {
  /** A message of the channel, each one once, in the order of the positions. */
  readonly message: BusMessage
  /** Somebody came or went, when that was asked for. */
  readonly presence: PresenceNotice
  /** How the channel came through a new connection; what was missed follows. */
  readonly recovered: Recovery
  /** The end of the membership; with the reason where this side did not ask for it. */
  readonly left: { readonly error?: BusClientError }
}

/** How a channel came through a new connection. */
export interface Recovery {
  /** `"room:channel"` */
  readonly channel: string
  /** Whether everything that was missed follows. If not, nothing does: messages may be lost between `since` and `end`. */
  readonly recovered: boolean
  /** The last position before; undefined when none was known. */
  readonly since: Position | undefined
  /** Where the channel stands now. */
  readonly end: Position
}

/** A notice of presence, as on the wire [protocol.md, Types]. */
export interface PresenceNotice {
  readonly event: 'client_joined' | 'client_left' | 'channel_created' | 'channel_deleted'
  readonly room: string
  readonly channel: string
  /** How many members the channel has now. */
  readonly participant_count: number
  readonly client_id?: string
  readonly client_type?: string
  readonly screen_name?: string
}

/** The answer to a command; `data` is as on the wire. */
export interface CommandResult<Data = JsonObject> {
  readonly message: string
  readonly data: Data
}

/** The arguments of a command; of one that this version does not know, any. */
export type ArgsOf<Name extends string> = Name extends CommandName
  ? Record<never, never> extends CommandArgs<Name>
    ? [args?: CommandArgs<Name>]
    : [args: CommandArgs<Name>]
  : [args?: object]

/** What a command answers; one that this version does not know, any object. */
export type ResultOf<Name extends string> = CommandResult<Name extends CommandName ? CommandData<Name> : JsonObject>

/** Where to begin, and what to be told. */
export interface JoinOptions {
  /** The last position that was seen, or its sequence alone, beside `epoch`. Only what came later is wanted, and all of that. */
  readonly since?: Position | number | undefined
  /** The epoch of that sequence. */
  readonly epoch?: string | undefined
  /** Whether notices of others who join and leave are wanted. */
  readonly presence?: boolean | undefined
}

/** Which part of the history. */
export interface HistoryOptions {
  /** 50 unless told, and at most 500. */
  readonly limit?: number | undefined
  /** Only what is newer than this sequence (of one channel), or than this moment in ISO 8601. */
  readonly since?: number | string | undefined
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

/** How to ask another client. */
export interface RequestOptions {
  /** How long the reply may take, in milliseconds; the `timeoutMs` of the client unless told. */
  readonly timeoutMs?: number | undefined
}
