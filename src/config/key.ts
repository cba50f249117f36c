import { type TInteger, type TOptional, type TSchema, type TUnsafe, Type } from '@sinclair/typebox'

/** A row of `docs/limits.md`: what is bounded, and what happens to whoever passes the bound. */
export interface Limit {
  readonly row: string
  readonly over: string
}

/** How the text of a variable becomes a value. */
export type Reading = 'integer' | 'toggle' | 'text' | 'secret' | 'pem' | 'choice' | 'list' | 'patterns' | 'proxies'

/** What a key of the schema says beside its type. Ajv is told to let these words pass. */
export interface KeyNotes {
  /** Full names of the variables; the first is canonical and wins. Empty for a key that no one sets. */
  readonly env: readonly string[]
  readonly description: string
  /** How the text is read. */
  readonly reads: Reading
  /** What may stand there, in words that follow "must be". */
  readonly allowed: string
  /** Long name of the command-line flag, without dashes. */
  readonly flag?: string
  /** Whether the value must never be printed. */
  readonly secret?: true
  /** Whether `<variable>_FILE` may name a file that holds the value. */
  readonly file?: true
  /** Default in words, for a key whose default depends on others. */
  readonly computed?: string
  readonly limit?: Limit
  /** Values that are understood and refused, each with the sentence that says why. */
  readonly refused?: Readonly<Record<string, string>>
  /** Words of older deployments, in lower case, that stand for one of a choice. */
  readonly spellings?: Readonly<Record<string, string>>
}

/** The words of {@link KeyNotes}, for Ajv's vocabulary. */
export const keyNotes: readonly (keyof KeyNotes)[] = [
  'env',
  'reads',
  'allowed',
  'flag',
  'secret',
  'file',
  'computed',
  'limit',
  'refused',
  'spellings'
]

type Given = Pick<KeyNotes, 'env' | 'description'> & Partial<KeyNotes>

/** A name of the protocol: of a node, a room or a channel [limits.md, Limits]. */
export const NAME = { format: 'name', allowed: 'a name of 1 to 64 letters, digits, dots, underscores or dashes' }

/** A whole number within bounds, both included. Without a default the key must say how it is computed. */
export function int(given: Given & { default?: number; min: number; max: number }): TInteger & KeyNotes {
  const { min, max, ...rest } = given
  const allowed = `a whole number from ${min} to ${max}`
  return noted(Type.Integer({ minimum: min, maximum: max }), {
    reads: 'integer',
    allowed,
    ...rest
  })
}

/** A switch. Without a default the key must say how it is computed. */
export function toggle(given: Given & { default?: boolean }): TUnsafe<boolean> & KeyNotes {
  return noted(Type.Unsafe<boolean>({ type: 'boolean' }), { reads: 'toggle', allowed: 'true or false', ...given })
}

/** A text with a default. A format does not see the empty text, which can only be a default. */
export function text(given: Given & { default: string; format?: string; allowed: string }): TUnsafe<string> & KeyNotes {
  return noted(Type.Unsafe<string>({ type: 'string' }), { reads: 'text', ...given })
}

/** A text that may be absent. */
export function optionalText(
  given: Given & { format?: string; allowed: string }
): TOptional<TUnsafe<string>> & KeyNotes {
  return noted(Type.Optional(Type.Unsafe<string>({ type: 'string' })), { reads: 'text', ...given })
}

/** One of a few words, whatever their case. */
export function choice<const Word extends string>(
  words: readonly Word[],
  given: Given & { default: NoInfer<Word> }
): TUnsafe<Word> & KeyNotes {
  const allowed = words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`
  return noted(Type.Unsafe<Word>({ type: 'string', enum: words }), { reads: 'choice', allowed, ...given })
}

/** Words between commas; unset is the empty list, unless the key says how it is computed. */
export function list(
  given: Given & { format: string; allowed: string; default?: readonly string[] }
): TUnsafe<readonly string[]> & KeyNotes {
  const { format, default: fallback = given.computed === undefined ? [] : undefined, ...rest } = given
  const schema = Type.Unsafe<readonly string[]>({ type: 'array', items: { type: 'string', format } })
  return noted(schema, { reads: 'list', ...(fallback === undefined ? {} : { default: fallback }), ...rest })
}

/** Patterns between commas, or a JSON array of them, since a comma cannot stand in a list. */
export function patterns(given: Given): TUnsafe<readonly string[]> & KeyNotes {
  const schema = Type.Unsafe<readonly string[]>({ type: 'array', items: { type: 'string', minLength: 1 }, default: [] })
  return noted(schema, { reads: 'patterns', allowed: 'patterns with commas between them, or a JSON array', ...given })
}

/** Attaches the notes to the schema. */
export function noted<Schema extends TSchema>(schema: Schema, notes: KeyNotes): Schema & KeyNotes {
  return Object.assign(schema, notes)
}
