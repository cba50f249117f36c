import type { Json } from '../protocol/json.ts'

/** How much of a payload is looked at, counted in UTF-8 bytes of its JSON text from the start; escapes are not counted twice. */
export class Allowance {
  #bytes: number

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** An allowance that covers a payload whose JSON text has `bytes`, or its first `maxBytes`. */
  static of(bytes: number, maxBytes: number): Allowance {
    return new Allowance(bytes <= maxBytes ? Infinity : maxBytes)
  }

  /** Takes a value without text of its own, with its comma or brackets. */
  takeValue(): void {
    this.#bytes -= 2
  }

  /** Takes a key or a string with its quotes; gives back as much of it as is covered, in whole characters. */
  takeText(text: string): string {
    if (this.#bytes === Infinity) return text
    const left = Math.max(0, this.#bytes - 2)
    // A character is at least one byte, so what lies behind so many characters need not be measured.
    const bytes = Buffer.from(text.length > left ? text.slice(0, left) : text)
    this.#bytes -= bytes.length + 3
    if (bytes.length <= left) return text.slice(0, left)
    const isCut = ((bytes[left] as number) & 0xc0) === 0x80
    const units = bytes.subarray(0, left).toString().length
    return text.slice(0, isCut ? units - 1 : units)
  }
}

/** What a payload holds that patterns and paths are matched against. */
export interface Texts {
  /** Keys and strings as they are decoded, in the order of the payload. */
  readonly texts: readonly string[]
  /** Those of the wanted keys that occur with a value other than `ignored`. */
  readonly keys: ReadonlySet<string>
}

const noKeys: ReadonlySet<string> = new Set()

/** Gathers the texts of a payload as far as the allowance goes, and the wanted keys of all of it. */
export function gatherTexts(payload: Json, allowance: Allowance, wanted: ReadonlySet<string>, ignored: Json): Texts {
  const texts: string[] = []
  let keys: Set<string> | undefined
  visit(payload)
  return { texts, keys: keys ?? noKeys }

  function visit(value: Json): void {
    if (typeof value === 'string') add(value)
    else {
      allowance.takeValue()
      if (Array.isArray(value)) for (const item of value as readonly Json[]) visit(item)
      else if (value !== null && typeof value === 'object') visitMembers(value as Readonly<Record<string, Json>>)
    }
  }

  function visitMembers(object: Readonly<Record<string, Json>>): void {
    for (const key in object) {
      const value = object[key] as Json
      if (wanted.has(key) && value !== ignored) keys = (keys ?? new Set()).add(key)
      add(key)
      visit(value)
    }
  }

  function add(text: string): void {
    const covered = allowance.takeText(text)
    if (covered !== '') texts.push(covered)
  }
}
