import { compileGlob, type Matcher } from '../structures/glob.ts'
import { type Fields, fieldOf, isFields } from './fields.ts'
import { isPlainText } from './text.ts'

/**
 * Where a connection may publish and what it may subscribe to. A target is `"room:channel"`; `*` in place of a name means all of
 * them (`"science:*"` is the whole room) and is allowed only by a pattern that covers every name there.
 */
export interface Capabilities {
  mayPublish(target: string): boolean
  maySubscribe(target: string): boolean
  /** The patterns as the token holds them; undefined: everything is allowed. */
  readonly publish: readonly string[] | undefined
  readonly subscribe: readonly string[] | undefined
}

/** Most patterns in one list of the claim, and most characters in one pattern. */
export const MAX_PATTERNS = 256
export const MAX_PATTERN_LENGTH = 256

/** What a token without the `channels` claim allows: everything. */
export const ALL: Capabilities = Object.freeze({
  mayPublish: () => true,
  maySubscribe: () => true,
  publish: undefined,
  subscribe: undefined
})

/**
 * Reads the claim `channels: {"publish": ["room:*"], "subscribe": ["science:*"]}` [protocol.md, Connect]. An absent claim allows
 * everything; in a present one an absent list allows nothing of its kind, so that a misspelt key closes rather than opens.
 * Every fault of shape is added to `faults`, and the result allows nothing of that kind.
 */
export function parseCapabilities(claim: unknown, faults: string[]): Capabilities {
  if (claim === undefined) return ALL
  if (!isFields(claim)) {
    faults.push('channels is not an object')
    return capabilitiesOf([], [])
  }
  return capabilitiesOf(readPatterns(claim, 'publish', faults), readPatterns(claim, 'subscribe', faults))
}

/** What may be subscribed to, as plain data that {@link readRights} reads on another node: patterns, or null for everything. */
export function rightsOf({ subscribe }: Capabilities): string[] | null {
  return subscribe === undefined ? null : [...subscribe]
}

/** What {@link rightsOf} wrote down; undefined when it cannot be read. */
export function readRights(rights: unknown): Pick<Capabilities, 'maySubscribe'> | undefined {
  if (rights === null) return ALL
  const faults: string[] = []
  const capabilities = parseCapabilities({ subscribe: rights }, faults)
  return rights === undefined || faults.length > 0 ? undefined : capabilities
}

function capabilitiesOf(publish: readonly string[], subscribe: readonly string[]): Capabilities {
  return Object.freeze({ mayPublish: compile(publish), maySubscribe: compile(subscribe), publish, subscribe })
}

function readPatterns(claim: Fields, key: 'publish' | 'subscribe', faults: string[]): readonly string[] {
  const list = fieldOf(claim, key)
  if (list === undefined) return []
  if (Array.isArray(list) && list.length <= MAX_PATTERNS && list.every(isPattern)) return Object.freeze([...list])
  faults.push(
    `channels.${key} is not a list of at most ${MAX_PATTERNS} patterns of 1 to ${MAX_PATTERN_LENGTH} characters`
  )
  return []
}

function isPattern(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_PATTERN_LENGTH && isPlainText(value)
}

/**
 * Names that no pattern can spell out, the shortest and one longer than any pattern. A pattern that fits both in place of `*`
 * ends in a star there and asks for no more than one character: it fits every name.
 */
const anyNames = ['\0', '\0'.repeat(MAX_PATTERN_LENGTH + 1)]

function compile(patterns: readonly string[]): Matcher {
  const matchers = patterns.map(compileGlob)
  return target => {
    const texts = target.includes('*') ? anyNames.map(name => target.replaceAll('*', name)) : [target]
    return matchers.some(matches => texts.every(matches))
  }
}
