/** One piece of a pattern in RE2 syntax. One after the other, the texts are the pattern. */
interface Piece {
  readonly kind: 'atom' | 'assertion' | 'flags' | 'open' | 'close' | 'bar' | 'repeat'
  readonly text: string
  /** Fewest and most repetitions; 1 and 1 for what is no repetition. */
  readonly min: number
  readonly max: number
}

const kinds: readonly [kind: Piece['kind'], shape: string][] = [
  ['atom', String.raw`\\Q[^]*?(?:\\E|$)`],
  ['assertion', String.raw`\\[AbBz]|[\^$]`],
  ['atom', String.raw`\\[pP]\{[^}]*\}|\\[pP].|\\x\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}|\\[^]`],
  ['atom', String.raw`\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[pP]\{[^}]*\}|\\[^]|[^\]\\])*\]`],
  ['flags', String.raw`\(\?[A-Za-z-]*\)`],
  ['open', String.raw`\(\?[A-Za-z-]*:|\(\?P?<[^>]*>|\(`],
  ['close', String.raw`\)`],
  ['bar', String.raw`\|`],
  ['repeat', String.raw`(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??`],
  ['atom', '[^]']
]
const lexeme = new RegExp(kinds.map(([, shape]) => `(${shape})`).join('|'), 'gu')
const literal = /^(?:[^.[\\]|\\[^0-9A-Za-z])$/u

/** Cuts a pattern that RE2 accepts into pieces. Of any other text the pieces mean nothing. */
function toPieces(source: string): Piece[] {
  const pieces: Piece[] = []
  for (const match of source.matchAll(lexeme)) {
    const text = match[0]
    const kind = kinds[match.findIndex((group, index) => index > 0 && group !== undefined) - 1]?.[0] ?? 'atom'
    pieces.push({ kind, text, ...(kind === 'repeat' ? countsOf(text) : { min: 1, max: 1 }) })
  }
  return pieces
}

function countsOf(repeat: string): { min: number; max: number } {
  if (repeat.startsWith('*')) return { min: 0, max: Infinity }
  if (repeat.startsWith('+')) return { min: 1, max: Infinity }
  if (repeat.startsWith('?')) return { min: 0, max: 1 }
  const [low = '', high] = repeat.slice(1, repeat.indexOf('}')).split(',')
  const min = Number(low)
  return { min, max: high === undefined ? min : high === '' ? Infinity : Number(high) }
}

/** A group that is being read, or the pattern as a whole. */
interface Branch {
  /** Parts of the branch read last; one that nothing repeats and one that something does count alike. */
  parts: number
  /** Whether the last part is repeated without end, or is a group that is nothing but such a part. */
  isLoop: boolean
  /** Whether an earlier branch is nothing but such a part. */
  hasLoneLoop: boolean
}

/**
 * Whether something that is nothing but a repetition without end is repeated without end, as in `(a+)+`: one of the two is
 * superfluous, and other engines take exponential time for it.
 */
export function repeatsRepetition(source: string): boolean {
  const branches: Branch[] = [{ parts: 0, isLoop: false, hasLoneLoop: false }]
  for (const { kind, max } of toPieces(source)) {
    const branch = branches.at(-1)
    if (branch === undefined) return false
    if (kind === 'open') branches.push({ parts: 0, isLoop: false, hasLoneLoop: false })
    else if (kind === 'bar') {
      branch.hasLoneLoop = isLoneLoop(branch)
      branch.parts = 0
      branch.isLoop = false
    } else if (kind === 'repeat' && max === Infinity) {
      if (branch.isLoop) return true
      branch.isLoop = true
    } else if (kind === 'close') {
      branches.pop()
      const outer = branches.at(-1)
      if (outer !== undefined) addPart(outer, isLoneLoop(branch))
    } else if (kind === 'atom') addPart(branch, false)
  }
  return false
}

function isLoneLoop(branch: Branch): boolean {
  return branch.hasLoneLoop || (branch.parts === 1 && branch.isLoop)
}

function addPart(branch: Branch, isLoop: boolean): void {
  branch.parts++
  branch.isLoop = isLoop
}

/** With so many fixed characters before its first repetition a pattern is rare enough to be cut off there. */
const ENOUGH_LITERALS = 3

/**
 * A pattern that is found in every text in which `source` is found, also when the text stands between line breaks among others,
 * and that a deterministic automaton matches with few states: counts are forgotten (they are what makes states many), and what
 * follows the first repetition is too, if enough is left. `undefined` when there is none, since the pattern switches `m` off.
 */
export function relax(source: string): string | undefined {
  const pieces = toPieces(source)
  if (pieces.some(({ kind, text }) => (kind === 'flags' || kind === 'open') && /^\(\?[A-Za-z]*-[a-z]*m/.test(text))) {
    return undefined
  }
  const mayBeCut = isSequence(pieces)
  const groups: { readonly literals: number; isChoice: boolean }[] = []
  let text = ''
  let literals = 0
  let partStart = 0
  let literalsBefore = 0
  for (const piece of pieces) {
    if (groups.length === 0 && (piece.kind === 'open' || piece.kind === 'atom')) {
      partStart = text.length
      literalsBefore = literals
    }
    if (piece.kind === 'open') groups.push({ literals, isChoice: false })
    else if (piece.kind === 'atom' && literal.test(piece.text)) literals++
    else if (piece.kind === 'bar') markChoice(groups)
    else if (piece.kind === 'close') {
      const group = groups.pop()
      if (group?.isChoice) literals = group.literals + 1
    } else if (piece.kind === 'repeat') {
      const isCut = mayBeCut && groups.length === 0 && piece.max > 1
      if (isCut && literals >= ENOUGH_LITERALS) return `(?m)${piece.min === 0 ? text.slice(0, partStart) : text}`
      if (piece.min === 0) literals = Math.min(literals, literalsBefore)
    }
    text += relaxed(piece)
  }
  return `(?m)${text}`
}

function markChoice(groups: readonly { isChoice: boolean }[]): void {
  const group = groups.at(-1)
  if (group !== undefined) group.isChoice = true
}

/** Whether the pattern is one thing after another, not a choice. */
function isSequence(pieces: readonly Piece[]): boolean {
  let depth = 0
  for (const { kind } of pieces) {
    if (kind === 'open') depth++
    else if (kind === 'close') depth--
    else if (kind === 'bar' && depth === 0) return false
  }
  return true
}

function relaxed({ kind, text, min, max }: Piece): string {
  if (text === '\\A') return '^'
  if (text === '\\z') return '$'
  if (kind !== 'repeat' || max === 1) return text
  return min === 0 ? '*' : '+'
}
