import { createHash } from 'node:crypto'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { frameOf } from '../../protocol/frame.ts'
import type { Position, RoutedType, Stamped } from '../../protocol/message.ts'
import type { Publication } from '../../protocol/publication.ts'
import { deliveryText } from '../../protocol/replies.ts'
import type { Place } from './subjects.ts'

/** What the broker says about a message beside its text. */
const ABOUT = 'Aq'
const MESSAGE_ID = 'Nats-Msg-Id'
const EXPECTED_LAST = 'Nats-Expected-Last-Subject-Sequence'
const ECHO = 1
const PRESENCE = 2
const NOBODY: readonly string[] = Object.freeze([])

/** A message as the stream holds it or hands it on. Its bytes may be read only until the next one comes. */
export interface Wired {
  /** Place in the stream. */
  readonly sequence: number
  readonly headers: MsgHdrs
  readonly data: Uint8Array
}

/** Which publish of which node a message stems from. */
export interface Origin {
  readonly node: string
  readonly number: number
}

/** A message as it is stored. */
export interface Parcel {
  readonly headers: MsgHdrs
  /** The text that receivers get, but for its position. */
  readonly body: string
}

/** What a stored message says of itself. */
export interface About {
  /** Where the numbering of the channel began: the sequence of the mark. */
  readonly birth: number
  /** Absent for the mark that a channel begins with, which nobody is told of. */
  readonly origin?: Origin
  readonly words: readonly string[]
}

/** A channel on its way out of the stream. */
export interface Destination extends Place {
  readonly key: string
  /** Text of the epoch that began at a sequence. */
  readonly epochOf: (birth: number) => string
}

/** A message for the stream: everything a receiver needs, made once for all nodes. */
export function wrap(message: Stamped, birth: number, { node, number }: Origin): Parcel {
  const body = deliveryText(message, undefined)
  const about = headers()
  const flags = (message.echo ? ECHO : 0) | (message.isPresence ? PRESENCE : 0)
  const { payload, metadata, timestampMs, id, type, sender } = message
  about.set(
    ABOUT,
    `${birth} ${node} ${number} ${flags} ${payload.length} ${metadata.length} ${timestampMs} ${id} ${type} ${sender}`
  )
  if (message.hasClientId) about.set(MESSAGE_ID, duplicateIdOf(message))
  return { headers: about, body }
}

/**
 * The mark that a channel's numbering begins with: stored only if the channel is empty, so there is one. While it is kept, it
 * proves that nothing of the channel has been dropped.
 */
export function birthMark(): MsgHdrs {
  const about = headers()
  about.set(ABOUT, '0')
  about.set(EXPECTED_LAST, '0')
  return about
}

/** What a stored message says of itself; undefined when it was not written by this broker. */
export function readAbout({ headers: about, sequence }: Wired): About | undefined {
  const words = about.get(ABOUT).split(' ')
  const birth = Number(words[0])
  if (birth === 0 && words.length === 1 && words[0] === '0') return { birth: sequence, words }
  const [, node, number] = words
  if (words.length !== 10 || !Number.isSafeInteger(birth) || birth < 1 || node === undefined) return undefined
  return { birth, origin: { node, number: Number(number) }, words }
}

/** The publication that a stored message is. Nothing is parsed: the text is used as it is. */
export function unwrap({ sequence, data }: Wired, { birth, words }: About, to: Destination): Publication {
  const [, , , flags = '0', payloadLength, metadataLength, time, id = '', type = 'message', sender = ''] = words
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  const epoch = to.epochOf(birth)
  const metadataStart = body.length - 1 - Number(metadataLength)
  const payloadEnd = metadataStart - ',"metadata":'.length
  const timestampMs = Number(time)
  const timestampStart = `{"id":"${id}","type":"${type}","version":"1.0","timestamp":"`.length
  const message: Omit<Stamped, symbol> = {
    id,
    hasClientId: false,
    type: type as RoutedType,
    tenant: to.tenant,
    room: to.room,
    channel: to.channel,
    key: to.key,
    to: NOBODY,
    sender,
    publisher: sender,
    timestampMs,
    timestamp: body.slice(timestampStart, body.indexOf('"', timestampStart)),
    payload: body.slice(payloadEnd - Number(payloadLength), payloadEnd),
    metadata: body.slice(metadataStart, -1),
    echo: (Number(flags) & ECHO) !== 0,
    isPresence: (Number(flags) & PRESENCE) !== 0
  }
  const text = `${body.slice(0, -1)},"sequence":${sequence},"epoch":"${epoch}"}`
  return { sequence, epoch, timestampMs, message: message as Stamped, frame: frameOf(text) }
}

/** The position of the latest message of a channel; where the numbering begins when there is only the mark. */
export function positionOf(end: Wired | undefined, { epochOf }: Destination): Position {
  const about = end && readAbout(end)
  if (end === undefined || about === undefined) return { sequence: 0, epoch: '' }
  return { sequence: about.origin === undefined ? 0 : end.sequence, epoch: epochOf(about.birth) }
}

/** Duplicates are found in the whole stream, so the id says whose it is [cluster.md, Rules that bite]. */
function duplicateIdOf({ tenant, room, channel, publisher, id }: Stamped): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, room, channel, publisher, id]))
    .digest('base64url')
}
