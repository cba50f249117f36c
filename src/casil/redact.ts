import type { Json } from '../protocol/json.ts'
import type { Effort } from './effort.ts'
import type { Patterns, Span } from './patterns.ts'
import type { Allowance } from './texts.ts'

/** What stands where something was taken out [casil.md, Redaction]. */
export const REDACTED = '***REDACTED***'

/** How a payload is redacted. */
export interface Redaction {
  /** Keys whose values are replaced whole, whatever they are, at any depth. */
  readonly paths: ReadonlySet<string>
  /** What is replaced within strings. */
  readonly patterns: Patterns
  /** As far as it goes strings are searched. */
  readonly allowance: Allowance
  /** What happens to strings beyond it: replaced whole, or left as they are. */
  readonly beyond: 'hide' | 'keep'
  /** When it is used up, a string that some pattern may match is replaced whole. */
  readonly effort: Effort
}

/**
 * Copies a payload without what is to be hidden: the same keys in the same places, and only strings in place of what was taken out.
 * What does not change is shared with the payload, the whole of it if nothing does; the payload is never written to. If the
 * allowance covers the payload, to redact the result again changes nothing.
 */
export function redact(payload: Json, redaction: Redaction): Json {
  const { paths, patterns, allowance, beyond, effort } = redaction
  return visit(payload)

  function visit(value: Json): Json {
    if (typeof value === 'string') return visitText(value)
    allowance.takeValue()
    if (value === null || typeof value !== 'object') return value
    return Array.isArray(value) ? visitItems(value) : visitMembers(value as Readonly<Record<string, Json>>)
  }

  function visitText(text: string): string {
    const covered = allowance.takeText(text)
    if (covered.length === text.length) return redactText(text, patterns, effort)
    return beyond === 'hide' ? REDACTED : redactText(covered, patterns, effort) + text.slice(covered.length)
  }

  function visitItems(items: readonly Json[]): Json {
    let copy: Json[] | undefined
    for (let index = 0; index < items.length; index++) {
      const item = items[index] as Json
      const visited = visit(item)
      if (visited === item) continue
      copy ??= [...items]
      copy[index] = visited
    }
    return copy ?? items
  }

  function visitMembers(object: Readonly<Record<string, Json>>): Json {
    let copy: Record<string, Json> | undefined
    for (const key in object) {
      allowance.takeText(key)
      const value = object[key] as Json
      const visited = paths.has(key) ? REDACTED : visit(value)
      if (visited === value) continue
      copy ??= { ...object }
      // Assigned, the key `__proto__` would not become a member.
      Object.defineProperty(copy, key, { value: visited, enumerable: true, configurable: true, writable: true })
    }
    return copy ?? object
  }
}

/** To take one match out may make another: so often is looked again before the text is replaced whole. */
const MAX_PASSES = 4

/** Replaces what the patterns match; the result holds no match but within {@link REDACTED}. */
export function redactText(text: string, patterns: Patterns, effort: Effort): string {
  let current = text
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = replaceMatches(current, patterns, effort)
    if (next === current) return next
    current = next
  }
  return REDACTED
}

function replaceMatches(text: string, patterns: Patterns, effort: Effort): string {
  if (text === REDACTED) return text
  const spans: Span[] = []
  for (const pattern of patterns.suspects(text)) {
    const found = pattern.spans(text, effort)
    if (found === undefined) return REDACTED
    spans.push(...found)
  }
  return spans.length === 0 ? text : cutOut([...spans, ...findRedacted(text)], text)
}

/** Places that were redacted before. A match that touches one is merged with it, so that no part of the token is left over. */
function findRedacted(text: string): Span[] {
  const spans: Span[] = []
  for (let start = text.indexOf(REDACTED); start >= 0; start = text.indexOf(REDACTED, start + REDACTED.length)) {
    spans.push({ start, end: start + REDACTED.length })
  }
  return spans
}

function cutOut(spans: Span[], text: string): string {
  spans.sort((left, right) => left.start - right.start)
  let result = ''
  let at = 0
  let end = -1
  for (const span of spans) {
    if (span.start > end) {
      result += text.slice(at, span.start) + REDACTED
      at = span.start
    }
    end = Math.max(end, span.end)
    at = end
  }
  return result + text.slice(at)
}
