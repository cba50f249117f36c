import assert from 'node:assert/strict'

/** What a document writes for something that a server made up, and what that was. */
export type Made = Map<string, string>

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
/** What is left of a text that the server made up: its kind, a name for it, and the mark of what is left out. */
const shortPattern = /(arq_client_|arq_|cron_|whd_|wh_|omega_evt_|omega_|)([\w-]*)…/g
/** Keys whose numbers the server makes up: the same one wherever it is written alike. */
const named: ReadonlySet<string> = new Set(['version'])
/** Keys whose numbers are measured: any will do. */
const measured: ReadonlySet<string> = new Set(['duration_ms'])

/** Puts what the server made up in the place of its short form. */
export function fill(text: string, made: ReadonlyMap<string, string>): string {
  return fillNumbers(
    text.replace(/[\w-]+…/g, short => made.get(short) ?? assert.fail(`${short} is not known yet`)),
    made
  )
}

function fillNumbers(text: string, made: ReadonlyMap<string, string>): string {
  return text.replace(/\b\d{4,}\b/g, number => made.get(number) ?? number)
}

/**
 * Holds JSON against how a document shows it, the order of keys included. A word that ends in `…` stands for one that the server made
 * up: the same one wherever it is written alike, any one where only its kind is written. A time stands for any time, a version
 * for one version.
 */
export function compare(shown: unknown, got: unknown, made: Made, place: string): void {
  if (typeof shown === 'string' && typeof got === 'string') compareText(shown, got, made, place)
  else if (isRecord(shown) && isRecord(got)) {
    assert.deepEqual(Object.keys(got), Object.keys(shown), `${place}: ${JSON.stringify(got)}`)
    for (const key of Object.keys(shown)) compareMember(key, shown, got, made, `${place}, ${key}`)
  } else assert.deepEqual(got, shown, place)
}

function compareMember(key: string, shown: Members, got: Members, made: Made, place: string): void {
  const areNumbers = typeof shown[key] === 'number' && typeof got[key] === 'number'
  if (areNumbers && measured.has(key)) return
  if (areNumbers && named.has(key)) compareName(String(shown[key]), String(got[key]), made, place)
  else compare(shown[key], got[key], made, place)
}

function compareText(shown: string, got: string, made: Made, place: string): void {
  if (timePattern.test(shown) && timePattern.test(got)) return
  const shorts = [...shown.matchAll(shortPattern)]
  const wanted = fillNumbers(shown, made)
  if (shorts.length === 0) {
    assert.equal(got, wanted, place)
    return
  }
  const parts = wanted.split(shortPattern).filter((_, index) => index % 3 === 0)
  const [whole = '', ...rest] = parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = rest.reduce(
    (text, part, index) => `${text}(${shorts[index]?.[0] === '…' ? '.*' : '[\\w-]+'})${part}`,
    whole
  )
  const found = new RegExp(`^${pattern}$`).exec(got) ?? assert.fail(`${place}: ${got} for ${shown}`)
  for (const [index, [short, kind = '', name = '']] of shorts.entries()) {
    const text = found[index + 1] ?? ''
    assert.ok(text.startsWith(kind), `${place}: ${text} for ${short}`)
    if (name !== '') compareName(short, text, made, place)
  }
}

function compareName(shown: string, got: string, made: Made, place: string): void {
  if (!made.has(shown)) made.set(shown, got)
  assert.equal(got, made.get(shown), place)
}

type Members = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}
