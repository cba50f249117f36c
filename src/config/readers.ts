import type { Reading } from './key.ts'
import type { ConfigKey } from './schema.ts'

const switches = new Map<string, boolean>([
  ...['true', '1', 'yes', 'on'].map(word => [word, true] as const),
  ...['false', '0', 'no', 'off'].map(word => [word, false] as const)
])

/** How text becomes a value. What cannot be read is returned as it is: the schema then refuses it. */
export const readers: Readonly<Record<Reading, (text: string, key: ConfigKey) => unknown>> = {
  integer: readInteger,
  toggle: text => switches.get(text.trim().toLowerCase()) ?? text,
  text: text => text.trim(),
  secret: text => text,
  pem: text => text.replaceAll('\\n', '\n').trim(),
  choice: readChoice,
  list: readList,
  patterns: readPatterns,
  proxies: readProxies
}

function readInteger(text: string): unknown {
  return /^-?\d{1,16}$/.test(text.trim()) ? Number(text) || 0 : text
}

function readChoice(text: string, key: ConfigKey): string {
  const word = text.trim().toLowerCase()
  const spelling = new Map(Object.entries(key.spellings ?? {})).get(word)
  return spelling ?? key.enum?.find(choice => choice.toLowerCase() === word) ?? text.trim()
}

function readList(text: string): readonly string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

/** Text that begins like a JSON array and is none is left as it is. */
function readPatterns(text: string): unknown {
  if (!text.trim().startsWith('[')) return readList(text)
  try {
    return JSON.parse(text)
  } catch {
    return readList(text)
  }
}

/** A number is a count of hops, also where it could be a switch; none is false. */
function readProxies(text: string): unknown {
  const value = readInteger(text)
  if (typeof value === 'number') return value === 0 ? false : value
  return switches.get(text.trim().toLowerCase()) ?? readList(text)
}
