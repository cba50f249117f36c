import type { Scope } from '../store.ts'

/** Name of the bucket, for the tools of NATS too, and of the stream that it is. */
export const BUCKET = 'AQ_STORE'
export const STREAM = `KV_${BUCKET}`

const PREFIX = `$KV.${BUCKET}.`
const LIVE_PREFIX = 'aq.s.'

/** What the stream stores, and where it hands on what it has stored. */
export const STORED_SUBJECTS = `${PREFIX}>`
export const LIVE_SUBJECTS = `${LIVE_PREFIX}>`

/** One key of one tenant. */
export interface Place extends Scope {
  readonly key: string
}

/** Under what a key is stored: no name and no key reaches a subject as it is [cluster.md, N5]. */
export function subjectOf({ tenant, namespace, key }: Place): string {
  return `${PREFIX}${encodeToken(tenant)}.${encodeToken(namespace)}.${encodeToken(key)}`
}

/** The stored subject of what was handed on. */
export function storedSubject(live: string): string {
  return PREFIX + live.slice(LIVE_PREFIX.length)
}

/** The key that is stored under a subject; undefined for what was not put there by a store. */
export function placeOf(subject: string): Place | undefined {
  const [tenant, namespace, key, ...more] = subject.slice(PREFIX.length).split('.').map(decodeToken)
  if (tenant === undefined || namespace === undefined || key === undefined || more.length > 0) return undefined
  const place = { tenant, namespace, key }
  return subjectOf(place) === subject ? place : undefined
}

/**
 * A text as one token of a subject: `[A-Za-z0-9_-]` stay, of everything else each byte becomes `=XX`. Different texts have
 * different tokens, and no token holds a dot, a wildcard or a space. The empty text is `=`, which nothing else is.
 */
export function encodeToken(text: string): string {
  if (text === '') return '='
  return text.replace(/[^A-Za-z0-9_-]/gu, char =>
    Buffer.from(char)
      .toString('hex')
      .toUpperCase()
      .replace(/../g, byte => `=${byte}`)
  )
}

/** The text of a token made by {@link encodeToken}. */
export function decodeToken(token: string): string {
  if (token === '=') return ''
  return token.replace(/(=[0-9A-F]{2})+/g, bytes => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString())
}
