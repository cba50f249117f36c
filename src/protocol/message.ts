/** The types of message that the bus carries from one client to another. */
export type RoutedType = 'message' | 'event' | 'private' | 'system' | 'telemetry'

declare const stamped: unique symbol

/**
 * A message that has passed the pipeline: what the client claimed about sender and time is overwritten, the text parts are
 * valid JSON within the bounds. The brand can be made only by the `stamp` stage (`src/bus/pipeline.ts`), and a broker takes
 * nothing else, so no door can skip validation, authorization or inspection.
 */
export interface Stamped {
  readonly [stamped]: true
  /** `arq_…`; chosen by the client or made by the server. */
  readonly id: string
  /** Whether the client chose the id: only such a message can be a duplicate. */
  readonly hasClientId: boolean
  readonly type: RoutedType
  readonly tenant: string
  readonly room: string
  /** Empty: the room itself. */
  readonly channel: string
  /** `keyOf(tenant, room, channel)`, made once. */
  readonly key: string
  /** Client ids that a private message is for; empty otherwise. */
  readonly to: readonly string[]
  /** Client id of the sender, or the name of the part of the server that sends. */
  readonly sender: string
  /** Scope of duplicate suppression: the token's subject with authentication on, else the connection. */
  readonly publisher: string
  /** Server time, milliseconds since the epoch. */
  readonly timestampMs: number
  /** Server time, RFC 3339. */
  readonly timestamp: string
  /** JSON text of an object. */
  readonly payload: string
  /** JSON text of an object. */
  readonly metadata: string
  /** Whether the sender wants its own copy too. */
  readonly echo: boolean
  /** Only members who asked for notices of presence get it. */
  readonly isPresence: boolean
}

/** Where a message stands in its channel [cluster.md, Positions]. Sequences grow strictly within one epoch. */
export interface Position {
  readonly sequence: number
  /** Changes whenever the channel's numbering starts anew; sequences of different epochs cannot be compared. */
  readonly epoch: string
}
