import type { Json, JsonObject } from '../protocol/json.ts'
import type { RoutedType } from '../protocol/message.ts'

/** Any frame of the server, as it stands on the wire [protocol.md, Envelope]. */
export type Frame = JsonObject & { readonly type: string }

/** A message that another client, or the server, sent to this one [protocol.md, Envelope]. */
export interface BusMessage {
  readonly id: string
  readonly type: RoutedType
  readonly sender: string
  /** Server time, RFC 3339. */
  readonly timestamp: string
  /** Absent on private messages without an address. */
  readonly room?: string
  /** Absent when the message went to the whole room. */
  readonly channel?: string
  /** Targets of a private message. */
  readonly to?: readonly string[]
  readonly payload: JsonObject
  readonly metadata: JsonObject
  /** Position in the channel; absent on what is not stored. */
  readonly sequence?: number
  /** Sequences of different epochs cannot be compared. */
  readonly epoch?: string
}

/** What the server says of itself in its first frame [protocol.md, Connect]. */
export interface Welcome {
  readonly welcome: string
  readonly client_id: string
  readonly protocol?: string
  readonly node?: string
  readonly limits?: JsonObject
  readonly features?: readonly string[]
}

const routedTypes: ReadonlySet<string> = new Set<RoutedType>(['message', 'event', 'private', 'system', 'telemetry'])

/** The frame in a socket's data, or undefined when that is not a JSON object with a type. */
export function parseFrame(data: unknown): Frame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const value: Json = JSON.parse(data)
    return isObject(value) && typeof value.type === 'string' ? (value as Frame) : undefined
  } catch {
    return undefined
  }
}

/** What the first frame of a connection says, or undefined when it is no welcome. */
export function readWelcome(frame: Frame | undefined): Welcome | undefined {
  const payload = frame?.payload
  if (!isObject(payload) || typeof payload.welcome !== 'string' || typeof payload.client_id !== 'string')
    return undefined
  return payload as JsonObject & Welcome
}

/** The frame as a message, or undefined when it is an answer, a notice to this connection alone, or not from a bus at all. */
export function messageOf(frame: Frame): BusMessage | undefined {
  const isMessage = routedTypes.has(frame.type) && typeof frame.sender === 'string' && isObject(frame.payload)
  return isMessage ? (frame as unknown as BusMessage) : undefined
}

/** The id of the request that the frame answers; undefined when it answers none. */
export function requestIdOf(frame: Frame): string | undefined {
  const id = frame.type === 'message_response' ? frame.id : answerTypes.has(frame.type) ? frame.request_id : undefined
  return typeof id === 'string' ? id : undefined
}

const answerTypes: ReadonlySet<string> = new Set(['response', 'error', 'pong'])

/** Whether the value is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
