import { type Piece, toPieces } from './syntax.ts'

/** Alternatives. */
type Choice = readonly string[]

/** More alternatives than that say too little. */
const MAX_CHOICES = 32
/** Longest text looked for. */
const MAX_LENGTH = 24

/**
 * Texts of ASCII characters of which every match of a pattern contains at least one, whatever the case of its letters; none if
 * nothing of that kind can be said. The longer they are the less often a text has to be searched with the pattern itself.
 */
export function literalsOf(source: string): Choice {
  return readChoice(toPieces(source), { at: 0 }).best
}

/** What is known of a part of a pattern. */
interface Part {
  /** All texts that the part matches, if they are few; otherwise `undefined`. */
  readonly exact: Choice | undefined
  /** What every match of the part contains; empty if unknown. */
  readonly best: Choice
}

const unknown: Part = { exact: undefined, best: [] }

/** Reads branches up to the end of the group or of the pattern. */
function readChoice(pieces: readonly Piece[], cursor: { at: number }): Part {
  const branches = [readSequence(pieces, cursor)]
  while (pieces[cursor.at]?.kind === 'bar') {
    cursor.at++
    branches.push(readSequence(pieces, cursor))
  }
  if (branches.length === 1) return branches[0] ?? unknown
  const exact = branches.every(branch => branch.exact !== undefined) && branches.flatMap(branch => branch.exact ?? [])
  const best = branches.every(branch => branch.best.length > 0) ? branches.flatMap(branch => branch.best) : []
  return {
    exact: exact && exact.length <= MAX_CHOICES ? exact : undefined,
    best: best.length <= MAX_CHOICES ? best : []
  }
}

/** Reads parts one after the other, joining neighbours whose texts are known. */
function readSequence(pieces: readonly Piece[], cursor: { at: number }): Part {
  let run: Choice = ['']
  let isExact = true
  let best: Choice = []
  const settle = (found: Choice) => {
    if (shortest(found) > shortest(best)) best = found
  }
  for (let piece = pieces[cursor.at]; piece !== undefined; piece = pieces[cursor.at]) {
    if (piece.kind === 'bar' || piece.kind === 'close') break
    const { part, isRepeated } = readRepeated(pieces, cursor)
    const joined = part.exact === undefined ? undefined : join(run, part.exact)
    isExact &&= joined !== undefined && !isRepeated
    if (joined !== undefined && !isRepeated) run = joined
    else {
      settle(joined ?? run)
      settle(part.best)
      // What follows stands behind the last repetition.
      run = part.exact ?? ['']
    }
  }
  settle(run)
  return { exact: isExact ? run : undefined, best }
}

/** Reads a part with what repeats it. Repeated at will, its last repetition is what is known of it. */
function readRepeated(pieces: readonly Piece[], cursor: { at: number }): { part: Part; isRepeated: boolean } {
  const part = readPart(pieces, cursor)
  const next = pieces[cursor.at]
  if (next?.kind !== 'repeat') return { part, isRepeated: false }
  cursor.at++
  if (next.min > 0) return { part, isRepeated: true }
  const isOptional = next.max === 1 && part.exact !== undefined
  return isOptional ? { part: exactly(['', ...part.exact]), isRepeated: false } : { part: unknown, isRepeated: true }
}

function readPart(pieces: readonly Piece[], cursor: { at: number }): Part {
  const piece = pieces[cursor.at++]
  switch (piece?.kind) {
    case 'open': {
      const part = readChoice(pieces, cursor)
      cursor.at++
      return part
    }
    case 'literal':
      return exactly(piece.text.startsWith('\\') ? [piece.text.slice(1)] : [piece.text])
    case 'class':
      return exactly(membersOf(piece.text))
    case 'assertion':
      return exactly([''])
    default:
      return unknown
  }
}

function exactly(texts: Choice): Part {
  return texts.length === 0 || texts.some(text => !/^[\t -~]*$/.test(text)) ? unknown : { exact: texts, best: texts }
}

/** Characters of a class that names each of them, such as `[KS]`. */
function membersOf(text: string): Choice {
  const inner = text.slice(1, -1)
  return /^-?[0-9A-Za-z_. ]+-?$/.test(inner) ? [...inner] : []
}

function join(left: Choice, right: Choice): Choice | undefined {
  if (left.length * right.length > MAX_CHOICES) return undefined
  const joined = left.flatMap(start => right.map(end => start + end))
  return joined.some(text => text.length > MAX_LENGTH) ? undefined : joined
}

function shortest(texts: Choice): number {
  return texts.length === 0 ? 0 : Math.min(...texts.map(text => text.length))
}
