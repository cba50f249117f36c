import { BusError } from '../errors.ts'
import { type Envelope, PRIVATE_CHANNEL, PRIVATE_CHANNEL_FAULT } from '../protocol/envelope.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { RoutedType } from '../protocol/message.ts'

/** A message that did not come in a frame: from a part of the server, or through another door. Its parts are within all bounds. */
export interface Post {
  readonly type: RoutedType
  /** Chosen by whoever posts, so that the same post again is a duplicate [limits.md P4]. */
  readonly id?: string | undefined
  readonly room?: string | undefined
  readonly channel?: string | undefined
  /** Client ids of a private message. */
  readonly to?: readonly string[] | undefined
  readonly payload: JsonObject
  /** JSON text of the payload, where it is known. */
  readonly payloadText?: string | undefined
  readonly metadata?: JsonObject | undefined
}

const EMPTY: JsonObject = Object.freeze({})

/** The post as the stages take it. @throws {BusError} VALIDATION_ERROR for one without targets on the channel of private messages */
export function envelopeOf(post: Post): Envelope {
  if (post.channel === PRIVATE_CHANNEL && post.to === undefined)
    throw new BusError('VALIDATION_ERROR', { faults: [PRIVATE_CHANNEL_FAULT] })
  return {
    id: post.id,
    type: post.type,
    timestamp: undefined,
    room: post.room,
    channel: post.channel,
    to: post.to,
    payload: post.payload,
    payloadText: post.payloadText,
    metadata: post.metadata ?? EMPTY,
    metadataText: undefined,
    command: undefined,
    args: EMPTY,
    ack: undefined
  }
}
