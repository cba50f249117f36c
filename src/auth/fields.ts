import { isName, splitAddress } from '../protocol/address.ts'
import { isPlainText } from './text.ts'

/** Keys and values of a token's claims or of a query string, as a stranger wrote them. */
export type Fields = Readonly<Record<string, unknown>>

/** What a client says about itself [protocol.md, Connect]. Whatever was not said is undefined. */
export interface ClientFields {
  readonly clientType: string | undefined
  readonly screenName: string | undefined
  readonly avatar: string | undefined
  readonly personality: string | undefined
  readonly room: string | undefined
  readonly channel: string | undefined
}

/** Most characters in a subject, screen name, avatar or personality. */
export const MAX_TEXT_LENGTH = 256

const nowhere = { room: undefined, channel: undefined }
const clientTypePattern = /^[a-z0-9-]{1,32}$/

/** Whether the value has keys to read: what a parser of JSON or of a query string makes of an object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of an own key. What a `__proto__` key or the prototype brings in is not there. */
export function fieldOf(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined
}

/**
 * Reads the client fields. Empty text counts as absent; `room` may be `"room:channel"`, and a `channel` beside it has to agree.
 * Every fault is added to `faults` as one sentence that begins with the key and never repeats the value.
 */
export function readClientFields(fields: Fields, faults: string[]): ClientFields {
  const address = readText(fields, 'room', faults)
  const { room, channel: inRoom } = address === undefined ? nowhere : splitAddress(address)
  checkNames('room', [room, inRoom], faults)
  const channel = readText(fields, 'channel', faults)
  checkNames('channel', [channel], faults)
  if (inRoom !== undefined && channel !== undefined && inRoom !== channel)
    faults.push('channel differs from the one in room')

  const type = readText(fields, 'client_type', faults)
  if (type !== undefined && !clientTypePattern.test(type)) {
    faults.push('client_type is not 1 to 32 of the characters a-z, 0-9 and -')
  }
  return {
    clientType: type,
    screenName: readText(fields, 'screen_name', faults),
    avatar: readText(fields, 'avatar', faults),
    personality: readText(fields, 'personality', faults),
    room,
    channel: channel ?? inRoom
  }
}

/** Reads text of at most {@link MAX_TEXT_LENGTH} plain characters; empty text counts as absent. */
export function readText(fields: Fields, key: string, faults: string[]): string | undefined {
  const value = fieldOf(fields, key)
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') {
    faults.push(`${key} is not a single text`)
    return undefined
  }
  if (value.length <= MAX_TEXT_LENGTH && isPlainText(value)) return value
  faults.push(`${key} is longer than ${MAX_TEXT_LENGTH} characters or holds control characters`)
  return undefined
}

function checkNames(key: string, names: readonly (string | undefined)[], faults: string[]): void {
  if (names.some(name => name !== undefined && !isName(name))) faults.push(`${key} is not a name`)
}
