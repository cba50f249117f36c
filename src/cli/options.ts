import { InvalidArgumentError, Option } from 'commander'
import { isName, splitAddress } from '../protocol/address.ts'
import type { Json, JsonObject } from '../protocol/json.ts'

/** A timer with a longer delay would fire at once. */
const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000)
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 }

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return count
}

/** A whole number, 1 or more. */
export function parsePositive(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0)
    throw new InvalidArgumentError('It must be a whole number, 1 or more.')
  return count
}

/** Any whole number. */
export function parseInteger(text: string): number {
  const number = Number(text)
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('It must be a whole number.')
  return number
}

/** Seconds that a timer can wait. */
export function parseTimeout(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number over 0 and up to ${MAX_TIMEOUT_SECONDS}.`)
  }
  return seconds
}

/** A duration, in seconds: a number, with `s`, `m` or `min`, `h` or `d` behind it if wanted. */
export function parseDuration(text: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?) ?(s|m|min|h|d)?$/.exec(text.trim()) ?? []
  const seconds = Number(number) * (unitSeconds[unit] ?? 1)
  if (number === '' || !(seconds > 0)) {
    throw new InvalidArgumentError('It must be a time over 0, such as 90, 90s, 15m, 1h or 7d.')
  }
  return seconds
}

/** Text that is JSON, as it is. */
export function checkJson(text: string): string {
  parseJson(text)
  return text
}

/** Any JSON. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It must be JSON.')
  }
}

/** A JSON object. */
export function parseObject(text: string): JsonObject {
  const value = parseJson(text)
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new InvalidArgumentError('It must be a JSON object, such as {"text":"Hello"}.')
  return value as JsonObject
}

/** Text that is a JSON object, as it is. */
export function checkObject(text: string): string {
  parseObject(text)
  return text
}

/** JSON, or text where it is none. */
export function parseValue(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The address of a channel: `room:channel`. */
export function parseChannel(text: string): string {
  const { room, channel } = splitAddress(text)
  if (channel === undefined || !isName(room) || !isName(channel))
    throw new InvalidArgumentError('It must be room:channel, such as science:explore.')
  return text
}

/** The address of a channel, or the name of a room. */
export function parseAddress(text: string): string {
  const { room, channel } = splitAddress(text)
  if (!isName(room) || (channel !== undefined && !isName(channel)))
    throw new InvalidArgumentError('It must be room:channel or a room, such as science:explore or science.')
  return text
}

/** Adds one more to what was given before. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text]
}

/** `--header`, which may be repeated. */
export function headerOption(): Option {
  return new Option('--header <name:value>', 'header to send along; may be repeated')
    .argParser(addHeader)
    .default({}, 'none')
}

function addHeader(text: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a name, a colon and a value.')
  return { ...headers, [name]: value }
}
