import { serializers } from './serializers.ts'

/** What stands in the place of a value that is not printed. */
export const CENSORED = '***'

/** Keys, in lower case, whose values are never printed [limits.md, P19]. */
export const secretKeys: readonly string[] = [
  'access_token',
  'auth_token',
  'authorization',
  'cookie',
  'jwt',
  'password',
  'payload',
  'proxy-authorization',
  'sec-websocket-protocol',
  'secret',
  'token'
]

const isSecret: ReadonlySet<string> = new Set(secretKeys)

const MAX_DEPTH = 4

/**
 * The line without secrets, at whatever depth. Keys that have a serializer are left to it. Of anything that is not plain data
 * only the name of its class is left, and nothing of what lies deeper than four levels: it may hold what no key gives away.
 */
export function censor(line: Record<string, unknown>): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const key in line) clean[key] = Object.hasOwn(serializers, key) ? line[key] : censorValue(key, line[key], 1)
  return clean
}

function censorValue(key: string, value: unknown, depth: number): unknown {
  if (isSecret.has(key.toLowerCase())) return CENSORED
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (value instanceof Error) return serializers.err(value)
  if (depth > MAX_DEPTH) return CENSORED
  if (Array.isArray(value)) return value.map(item => censorValue('', item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, censorValue(name, item, depth + 1)]))
}
