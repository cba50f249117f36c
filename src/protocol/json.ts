/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Bounds on the shape of JSON from strangers [limits.md, Limits]. */
export interface JsonBounds {
  /** Containers within containers; the root is at depth 1. */
  readonly depth: number
  readonly keysPerObject: number
  /** Values of every kind, the root included. */
  readonly nodes: number
  /** UTF-8 length of one key. */
  readonly keyBytes: number
}

/** Where a top-level member's value stands in the text: `[start, end)` in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What one pass over the text tells before it is parsed. */
export interface JsonScan {
  readonly depth: number
  /** Members of all objects, duplicates counted each time. */
  readonly keys: number
  /** Commas in all containers: the value holds more values than that. */
  readonly commas: number
  readonly payload: Span | undefined
  readonly metadata: Span | undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/**
 * Measures nesting, counts keys and finds the raw text of `payload` and `metadata` of the root object, in one pass without
 * recursion. On text that is not JSON the result means nothing but is always returned: the parser has the last word.
 * Depth has to be known before parsing, since deep JSON parses but cannot be stringified again.
 */
export function scanJson(text: string): JsonScan {
  let depth = 0
  let deepest = 0
  let keys = 0
  let commas = 0
  let keyStart = -1
  let keyEnd = -1
  let valueStart = -1
  let member = ''
  let payload: Span | undefined
  let metadata: Span | undefined
  const length = text.length

  for (let at = 0; at < length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const start = at + 1
        at = endOfString(text, start)
        if (depth === 1 && valueStart < 0) {
          keyStart = start
          keyEnd = at
        }
        break
      }
      case COLON:
        keys++
        if (depth === 1) {
          member = text.slice(keyStart, keyEnd)
          valueStart = at + 1
        }
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth > deepest) deepest = depth
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth-- !== 1) break
        if (valueStart >= 0) settle(at)
        break
      case COMMA:
        commas++
        if (depth === 1 && valueStart >= 0) settle(at)
        break
    }
  }
  return { depth: deepest, keys, commas, payload, metadata }

  function settle(end: number): void {
    const name = unescapeName(member)
    if (name === 'payload') payload = { start: valueStart, end }
    else if (name === 'metadata') metadata = { start: valueStart, end }
    valueStart = -1
  }
}

/** Lengths of the names looked for: the shortest with one letter written as an escape, the longest with all of them. */
const MIN_ESCAPED_LENGTH = '\\u0070ayload'.length
const MAX_ESCAPED_LENGTH = '\\u0000'.length * 'metadata'.length

/** A name as the parser reads it, as far as letters go. Text that is no JSON may show one name often: long ones are left alone. */
function unescapeName(text: string): string {
  if (text.length < MIN_ESCAPED_LENGTH || text.length > MAX_ESCAPED_LENGTH) return text
  return text.replace(/\\u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Index of the quote that ends the string which starts at `from`, or the text's length when none does. */
export function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at >= 0 && isEscaped(text, at, from)) at = text.indexOf('"', at + 1)
  return at < 0 ? text.length : at
}

/** Whether an odd number of backslashes stands before the character, counted back to `from`. */
function isEscaped(text: string, at: number, from: number): boolean {
  let start = at
  while (start > from && text.charCodeAt(start - 1) === BACKSLASH) start--
  return (at - start) % 2 === 1
}

const MAX_FAULTS = 20

/**
 * Names everything in a parsed value that breaks the bounds, that a receiver could read otherwise than this server did
 * (duplicate keys, numbers beyond the range of a double), or that is dangerous to copy (`__proto__`). Empty when sound.
 * @param expectedKeys members counted in the text: fewer in the value means that a key stood twice in one object
 */
export function findFaults(root: Json, bounds: JsonBounds, expectedKeys: number): string[] {
  const faults: string[] = []
  let nodes = 0
  let keys = 0
  visit(root, '')
  if (nodes > bounds.nodes) faults.push(`more than ${bounds.nodes} values`)
  if (keys < expectedKeys) faults.push('duplicate key in an object')
  return faults

  function visit(value: Json, path: string): void {
    nodes++
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) report(path, 'number out of range')
    } else if (value !== null && typeof value === 'object') {
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index++) visit(value[index], path)
      } else visitMembers(value as JsonObject, path)
    }
  }

  function visitMembers(object: JsonObject, path: string): void {
    let own = 0
    for (const key in object) {
      own++
      if (key === '__proto__') report(path, 'the key __proto__ is not allowed')
      else if (key.length * 3 > bounds.keyBytes && Buffer.byteLength(key) > bounds.keyBytes) {
        report(path, `a key is longer than ${bounds.keyBytes} bytes`)
      }
      visit(object[key] as Json, path === '' ? key : path)
    }
    keys += own
    if (own > bounds.keysPerObject) report(path, `an object has more than ${bounds.keysPerObject} keys`)
  }

  function report(path: string, fault: string): void {
    const sentence = path === '' ? fault : `${path.slice(0, 64)}: ${fault}`
    if (faults.length < MAX_FAULTS && !faults.includes(sentence)) faults.push(sentence)
  }
}
