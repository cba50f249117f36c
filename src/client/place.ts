import type { Position } from '../protocol/message.ts'
import { type BusAddress, toPlace } from './address.ts'

export type { Position }

/** Where a message stands, and when it was stored. */
export interface Stored extends Position {
  /** The server's time, in milliseconds since the epoch; 0 when it is not known. */
  readonly storedAtMs: number
}

/** Where a message goes, with one flat text for it. */
export interface Place {
  readonly key: string
  readonly room: string
  /** Undefined: the room itself. */
  readonly channel: string | undefined
}

/** The place of an address. */
export function placeOf(address: BusAddress): Place {
  const { room, channel } = toPlace(address)
  return { key: keyOf(room, channel), room, channel }
}

/** `"room:channel"`, or `"room"`. */
export function keyOf(room: string, channel: string | undefined): string {
  return channel === undefined ? room : `${room}:${channel}`
}

/** A place as it stands in frames and arguments. */
export function fieldsOf({ room, channel }: Place): { readonly room: string; readonly channel?: string } {
  return channel === undefined ? { room } : { room, channel }
}
