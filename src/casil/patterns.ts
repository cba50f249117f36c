import { RE2JS, RE2JSSyntaxException } from 're2js'
import { compileFinder } from './automaton.ts'
import type { Effort } from './effort.ts'
import { literalsOf } from './literals.ts'
import { isAnchored, repeatsRepetition } from './syntax.ts'

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
  /** Every pattern that matches the text is among them, in the order given; usually none. */
  suspects(text: string): readonly Pattern[]
  /** The same for these texts only, when it pays to look at them all at once. */
  within(texts: readonly string[], effort: Effort): Patterns
}

/** Longest pattern of an operator, in UTF-16 units [limits.md, Limits]. */
export const MAX_PATTERN_LENGTH = 512
/** Largest program that an operator's pattern may compile to. A counted repetition multiplies what it repeats. */
export const MAX_PROGRAM_SIZE = 600

/** Characters searched at once for the start of a match, and how many more are looked at for its end. */
const WINDOW = 2_048
const OVERLAP = 1_024
/** Steps that any search costs beside the characters it looks at. */
const SEARCH_STEPS = 40
/** To find where a match stands takes so many times longer than to find that there is one; the larger the program, the longer. */
const PLACE_FACTOR = 8
const PROGRAM_UNIT = 64

/** One compiled pattern [casil.md, Patterns]. Linear in the length of a text. */
export class Pattern {
  readonly name: string
  /** Texts of which every match contains one, whatever its case; none if nothing is known. */
  readonly literals: readonly string[]
  readonly isAnchored: boolean
  readonly #program: RE2JS
  readonly #check: ((match: string) => boolean) | undefined
  readonly #isCaseSensitive: boolean

  /** @throws RE2JSException if the source is not RE2 syntax */
  constructor(rule: SecretRule) {
    this.name = rule.name
    this.literals = literalsOf(rule.source)
    this.isAnchored = isAnchored(rule.source)
    this.#program = RE2JS.compile(rule.source)
    this.#check = rule.check
    this.#isCaseSensitive = !/\(\?[A-Za-z]*i/.test(rule.source)
  }

  /** Whether a text in which one of the literals was found in some case holds one in the case of the pattern. */
  hasLiteral(text: string): boolean {
    return !this.#isCaseSensitive || this.literals.length === 0 || this.literals.some(literal => text.includes(literal))
  }

  /** Whether the program finds something, which the check may still refuse; `undefined` when that would be too much work. */
  fits(text: string, effort: Effort): boolean | undefined {
    return effort.spend(text.length + SEARCH_STEPS) ? this.#program.test(text) : undefined
  }

  /** Whether a match is in the text; `undefined` when that would be too much work. */
  matches(text: string, effort: Effort): boolean | undefined {
    const isFit = this.fits(text, effort)
    if (isFit !== true || this.#check === undefined) return isFit
    const spans = this.#search(text, effort, 1)
    return spans === undefined ? undefined : spans.length > 0
  }

  /** Where the matches stand, none empty and none in another; `undefined` when that would be too much work. */
  spans(text: string, effort: Effort): readonly Span[] | undefined {
    const isFit = this.fits(text, effort)
    return isFit === true ? this.#search(text, effort, Infinity) : isFit === false ? [] : undefined
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
 * Finds matches one after the other in a text that is known to hold one. A long text is searched window by window, since the
 * automaton that says whether there is a match is many times faster than the one that says where.
 */
class Search {
  readonly #program: RE2JS
  readonly #text: string
  readonly #effort: Effort
  readonly #placeFactor: number
  #at = 0
  #hasFound = false
  isExhausted = false

  constructor(program: RE2JS, text: string, effort: Effort) {
    this.#program = program
    this.#text = text
    this.#effort = effort
    this.#placeFactor = PLACE_FACTOR * (1 + program.programSize() / PROGRAM_UNIT)
  }

  next(): Span | undefined {
    for (let from = this.#at; from <= this.#text.length && !this.isExhausted; from += WINDOW) {
      const end = from + WINDOW + OVERLAP
      const span = this.#mayHold(from, end) ? this.#findWithin(from, end) : undefined
      if (span !== undefined) return this.#take(span)
      if (end >= this.#text.length) break
    }
    // A match is left that no window is long enough for.
    return this.#hasFound || this.isExhausted ? undefined : this.#take(this.#findWithin(0, this.#text.length))
  }

  #mayHold(from: number, end: number): boolean {
    if (this.#text.length <= WINDOW + OVERLAP) return true
    // One character more, so that a word boundary at the start of the window is seen as in the text.
    const mayHold = this.#program.test(this.#text.slice(Math.max(0, from - 1), end))
    return this.#spend(SEARCH_STEPS + (mayHold ? 0 : end - from)) && mayHold
  }

  #findWithin(from: number, end: number): Span | undefined {
    for (let stop = Math.min(end, this.#text.length); ; stop = Math.min(from + 2 * (stop - from), this.#text.length)) {
      const matcher = this.#program.matcher(this.#text.slice(0, stop))
      const span = matcher.find(from) ? { start: matcher.start(), end: matcher.end() } : undefined
      if (!this.#spend(((span?.end ?? stop) - from + SEARCH_STEPS) * this.#placeFactor)) return undefined
      // What ends where the window ends may go on behind it.
      if (span === undefined || span.end < stop || stop === this.#text.length) return span
    }
  }

  #take(span: Span | undefined): Span | undefined {
    if (span === undefined) return undefined
    this.#hasFound = true
    this.#at = span.end > span.start ? span.end : span.end + 1
    return span
  }

  #spend(steps: number): boolean {
    this.isExhausted ||= !this.#effort.spend(steps)
    return !this.isExhausted
  }
}

/** Puts compiled patterns together. */
export function combinePatterns(patterns: readonly Pattern[]): Patterns {
  const find = compileFinder(patterns.flatMap(({ literals }, owner) => literals.map(text => ({ text, owner }))))
  const indexes = [...patterns.keys()].filter(index => patterns[index]?.literals.length === 0)
  const joinable = indexes.filter(index => patterns[index]?.isAnchored === false)
  const all = select(indexes)
  return all

  /** The patterns with literals, and of the others those with these indexes. */
  function select(others: readonly number[]): Patterns {
    return {
      suspects(text) {
        const found = find(text)
        if (found.length === 0 && others.length === 0) return none
        return [...found, ...others]
          .sort((left, right) => left - right)
          .map(index => patterns[index] as Pattern)
          .filter(pattern => pattern.hasLiteral(text))
      },
      within(texts, effort) {
        if (joinable.length === 0 || texts.length < 2) return all
        // A line break is neither a letter nor the end of a text, so what matches one of the texts matches all of them joined.
        const joined = texts.join('\n')
        const absent = new Set(joinable.filter(index => patterns[index]?.fits(joined, effort) === false))
        return absent.size === 0 ? all : select(indexes.filter(index => !absent.has(index)))
      }
    }
  }
}

const none: readonly Pattern[] = Object.freeze([])

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
