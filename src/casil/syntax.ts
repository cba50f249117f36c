/** One piece of a pattern in RE2 syntax. One after the other, the texts are the pattern. */
export interface Piece {
  readonly kind: 'literal' | 'class' | 'other' | 'assertion' | 'open' | 'close' | 'bar' | 'repeat'
  readonly text: string
  /** Fewest and most repetitions; 1 and 1 for what is no repetition. */
  readonly min: number
  readonly max: number
}

/** What a piece looks like; the first that fits wins. A flag group such as `(?i)` matches nothing, like an assertion. */
const shapes: readonly [kind: Piece['kind'], shape: string][] = [
  ['other', String.raw`\\Q[^]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\[pP].|\\x\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}`],
  ['assertion', String.raw`\\[AbBz]|[\^$]|\(\?[A-Za-z-]*\)`],
  ['literal', String.raw`\\[!-\/:-@\[-\x60{-~]`],
  ['other', String.raw`\\[^]|\.`],
  ['class', String.raw`\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[pP]\{[^}]*\}|\\[^]|[^\]\\])*\]`],
  ['open', String.raw`\(\?[A-Za-z-]*:|\(\?P?<[^>]*>|\(`],
  ['close', String.raw`\)`],
  ['bar', String.raw`\|`],
  ['repeat', String.raw`(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??`],
  ['literal', '[^]']
]
const piece = new RegExp(shapes.map(([, shape]) => `(${shape})`).join('|'), 'gu')

/** Cuts a pattern that RE2 accepts into pieces. Of any other text the pieces mean nothing. */
export function toPieces(source: string): Piece[] {
  const pieces: Piece[] = []
  for (const match of source.matchAll(piece)) {
    const text = match[0]
    const kind = shapes[match.findIndex((group, index) => index > 0 && group !== undefined) - 1]?.[0] ?? 'other'
    pieces.push({ kind, text, ...(kind === 'repeat' ? countsOf(text) : { min: 1, max: 1 }) })
  }
  return pieces
}

function countsOf(repeat: string): { min: number; max: number } {
  if (repeat.startsWith('*')) return { min: 0, max: Infinity }
  if (repeat.startsWith('+')) return { min: 1, max: Infinity }
  if (repeat.startsWith('?')) return { min: 0, max: 1 }
  const [low, high] = repeat.slice(1, repeat.indexOf('}')).split(',')
  const min = Number(low)
  return { min, max: high === undefined ? min : high === '' ? Infinity : Number(high) }
}

/** Whether a match depends on where the text, or a line of it, begins or ends. */
export function isAnchored(source: string): boolean {
  return toPieces(source).some(({ text }) => text === '^' || text === '$' || text === '\\A' || text === '\\z')
}

/** The branch of a group, or of the pattern as a whole, that is being read. */
interface Branch {
  /** Parts that match text. */
  parts: number
  /** Whether the last part is repeated without end, or is a group with a branch that is nothing but such a part. */
  isLoop: boolean
  /** Whether an earlier branch is nothing but such a part. */
  hasLoneLoop: boolean
}

/**
 * Whether something that is nothing but a repetition without end is repeated without end, as in `(a+)+` or `(?:\w+|-)*`: one of
 * the two is superfluous.
 */
export function repeatsRepetition(source: string): boolean {
  const branches: Branch[] = []
  let branch = newBranch()
  for (const { kind, max } of toPieces(source)) {
    if (kind === 'open') {
      branches.push(branch)
      branch = newBranch()
    } else if (kind === 'close') {
      const isLoop = isLoneLoop(branch)
      branch = branches.pop() ?? newBranch()
      branch.parts++
      branch.isLoop = isLoop
    } else if (kind === 'bar') branch = { ...newBranch(), hasLoneLoop: isLoneLoop(branch) }
    else if (kind === 'repeat') {
      if (max < Infinity) continue
      if (branch.isLoop) return true
      branch.isLoop = true
    } else if (kind !== 'assertion') {
      branch.parts++
      branch.isLoop = false
    }
  }
  return false
}

function newBranch(): Branch {
  return { parts: 0, isLoop: false, hasLoneLoop: false }
}

function isLoneLoop(branch: Branch): boolean {
  return branch.hasLoneLoop || (branch.parts === 1 && branch.isLoop)
}
