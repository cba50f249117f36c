import { RE2JS, RE2JSSyntaxException } from 're2js'
import { compileFinder } from './automaton.ts'
import type { Effort } from './effort.ts'
import { literalsOf } from './literals.ts'
import { repeatsRepetition } from './syntax.ts'

/** A pattern that tells a secret. */
export interface SecretRule {
  /** Shown to operators; never the text that was matched. */
  readonly name: string
  /** RE2 syntax. */
  readonly source: string
  /** Says whether what `source` matched is a secret; without it every match is. Pure and linear. */
  readonly check?: (match: string) => boolean
}

/** Where a match stands: `[start, end)` in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Patterns of which those are picked that a text may match. */
export interface Patterns {
  readonly size: number
  /** Every pattern that matches the text is among them, in the order given; usually none. */
  suspects(text: string): readonly Pattern[]
}

/** Longest pattern of an operator, in UTF-16 units [limits.md, Limits]. */
export const MAX_PATTERN_LENGTH = 512
/** Largest program that an operator's pattern may compile to. A counted repetition multiplies what it repeats. */
export const MAX_PROGRAM_SIZE = 1_000

/** Characters searched at once for the place of a match; a longer match is still found, by a slower way. */
const WINDOW = 4_096
/** Steps that any search costs beside the characters it looks at. */
const SEARCH_STEPS = 16
/** To find where a match stands takes longer than to find that there is one. */
const PLACE_FACTOR = 8

/** One compiled pattern [casil.md, Patterns]. Linear in the length of a text. */
export class Pattern {
  readonly name: string
  /** Texts of which every match contains one, whatever its case; none if nothing is known. */
  readonly literals: readonly string[]
  readonly #program: RE2JS
  readonly #check: ((match: string) => boolean) | undefined
  readonly #isCaseSensitive: boolean

  /** @throws RE2JSException if the source is not RE2 syntax */
  constructor(rule: SecretRule) {
    this.name = rule.name
    this.literals = literalsOf(rule.source)
    this.#program = RE2JS.compile(rule.source)
    this.#check = rule.check
    this.#isCaseSensitive = !/\(\?[A-Za-z]*i/.test(rule.source)
  }

  /** Whether the literals speak against a match. */
  mayMatch(text: string): boolean {
    return !this.#isCaseSensitive || this.literals.some(literal => text.includes(literal))
  }

  /** Whether a match is in the text; `undefined` when that would be too much work. */
  matches(text: string, effort: Effort): boolean | undefined {
    if (!effort.spend(text.length + SEARCH_STEPS)) return undefined
    if (!this.#program.test(text)) return false
    if (this.#check === undefined) return true
    const spans = this.#search(text, effort, 1)
    return spans === undefined ? undefined : spans.length > 0
  }

  /** Where the matches stand, none empty and none in another; `undefined` when that would be too much work. */
  spans(text: string, effort: Effort): readonly Span[] | undefined {
    if (!effort.spend(text.length + SEARCH_STEPS)) return undefined
    return this.#program.test(text) ? this.#search(text, effort, Infinity) : []
  }

  #search(text: string, effort: Effort, limit: number): readonly Span[] | undefined {
    const search = new Search(this.#program, text, effort)
    const spans: Span[] = []
    for (let span = search.next(); span !== undefined; span = search.next()) {
      if (span.end > span.start && this.#isSecret(text, span)) spans.push(span)
      if (spans.length >= limit) break
    }
    return search.isExhausted ? undefined : spans
  }

  #isSecret(text: string, { start, end }: Span): boolean {
    return this.#check === undefined || this.#check(text.slice(start, end))
  }
}

/**
 * Finds matches one after the other. A long text is searched window by window, since the automaton that says whether there is a
 * match is many times faster than the one that says where.
 */
class Search {
  readonly #program: RE2JS
  readonly #text: string
  readonly #effort: Effort
  #at = 0
  #hasFound = false
  isExhausted = false

  constructor(program: RE2JS, text: string, effort: Effort) {
    this.#program = program
    this.#text = text
    this.#effort = effort
  }

  next(): Span | undefined {
    while (this.#at <= this.#text.length && !this.isExhausted) {
      const from = this.#at
      const span = this.#mayHold(from) ? this.#findWithin(from, from + 2 * WINDOW) : undefined
      if (span !== undefined) return this.#found(span)
      if (from + 2 * WINDOW >= this.#text.length) break
      this.#at = from + WINDOW
    }
    // It is known that there is a match; one longer than a window is left.
    return this.#hasFound || this.isExhausted ? undefined : this.#foundLong()
  }

  #mayHold(from: number): boolean {
    if (this.#text.length <= 2 * WINDOW) return true
    if (!this.#spend(2 * WINDOW + SEARCH_STEPS)) return false
    // One character more, so that a word boundary at the start of the window is seen as in the text.
    return this.#program.test(this.#text.slice(Math.max(0, from - 1), from + 2 * WINDOW))
  }

  #findWithin(from: number, end: number): Span | undefined {
    for (let stop = Math.min(end, this.#text.length); ; stop = Math.min(from + 2 * (stop - from), this.#text.length)) {
      const matcher = this.#program.matcher(this.#text.slice(0, stop))
      const isFound = matcher.find(from)
      const span = isFound ? { start: matcher.start(), end: matcher.end() } : undefined
      if (!this.#spend(((span?.end ?? stop) - from + SEARCH_STEPS) * PLACE_FACTOR)) return undefined
      // What ends where the window ends may go on behind it.
      if (span === undefined || span.end < stop || stop === this.#text.length) return span
    }
  }

  #foundLong(): Span | undefined {
    const span = this.#findWithin(0, this.#text.length)
    return span === undefined ? undefined : this.#found(span)
  }

  #found(span: Span): Span | undefined {
    if (this.isExhausted) return undefined
    this.#hasFound = true
    this.#at = span.end > span.start ? span.end : span.end + 1
    return span
  }

  #spend(steps: number): boolean {
    if (!this.#effort.spend(steps)) this.isExhausted = true
    return !this.isExhausted
  }
}

/** Puts compiled patterns together. */
export function combinePatterns(patterns: readonly Pattern[]): Patterns {
  const find = compileFinder(
    patterns.flatMap(({ literals }, owner) => literals.map(text => ({ text, owner })))
  )
  const always = patterns.flatMap(({ literals }, index) => (literals.length === 0 ? [index] : []))
  const none: readonly Pattern[] = Object.freeze([])
  return {
    size: patterns.length,
    suspects(text) {
      const found = find(text)
      if (found.length === 0 && always.length === 0) return none
      const indexes = [...always, ...found].sort((left, right) => left - right)
      return indexes.flatMap(index => {
        const pattern = patterns[index] as Pattern
        return pattern.literals.length === 0 || pattern.mayMatch(text) ? [pattern] : []
      })
    }
  }
}

/** Says what is wrong with an operator's pattern, or nothing. */
export function findPatternFault(source: string): string | undefined {
  if (source.length > MAX_PATTERN_LENGTH) return `is longer than ${MAX_PATTERN_LENGTH} characters`
  let program: RE2JS
  try {
    program = RE2JS.compile(source)
  } catch (error) {
    return `is not RE2 syntax: ${error instanceof RE2JSSyntaxException ? error.getDescription() : 'it does not compile'}`
  }
  const size = program.programSize()
  if (size > MAX_PROGRAM_SIZE) return `compiles to ${size} instructions, more than ${MAX_PROGRAM_SIZE}`
  if (repeatsRepetition(source)) return 'repeats without end what is nothing but a repetition; one of the two is enough'
  if (matchesNothing(program)) return 'matches empty text, so every message would seem to hold a secret'
  if (program.test(' \t\n')) return 'matches white space, so nearly every message would seem to hold a secret'
  return undefined
}

/** Whether the pattern matches without taking a character, alone or at a word. */
function matchesNothing(program: RE2JS): boolean {
  if (program.test('')) return true
  const matcher = program.matcher('a')
  return matcher.find() && matcher.start() === matcher.end()
}
