/**
 * A documented credential format. `source` is RE2 syntax, at most 512 characters; every match is a secret,
 * unless the rule has a `check` and the check refuses the matched text.
 */
export interface DocumentedRule {
  /** Lower case with dashes; unique in the table. */
  readonly name: string
  readonly source: string
  /** What the credential opens. */
  readonly description: string
  /** The vendor's document that describes the format. */
  readonly reference: string
  /** Well-formed and worthless: no vendor has given it out. */
  readonly example: string
  /** Looks alike and is none. */
  readonly counterExample: string
  /** Checksum, structure or randomness of what `source` matched. Pure, and linear in the length of the match. */
  readonly check?: (match: string) => boolean
}

/**
 * The left edge of a token: a word boundary, an underscore, or the end of an escape that still stands in the text,
 * such as `\n` in JSON within a string, or `%3D` in a URL. What it consumes is part of the match.
 */
export const edge = String.raw`(?:\b|_|\\[nrt]|%[0-9A-Fa-f]{2})`

const edgeText = /^(?:_|\\[nrt]|%[0-9A-Fa-f]{2})/

/** A match without what `edge` consumed. */
export function withoutEdge(match: string): string {
  return match.replace(edgeText, '')
}

/** Writes an example in pieces: no file of this project holds the text of a credential, not even of a worthless one. */
export function spell(...pieces: readonly string[]): string {
  return pieces.join('')
}
