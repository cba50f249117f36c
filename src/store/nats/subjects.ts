import type { Scope } from '../store.ts'

/** One key of one tenant. */
export interface Place extends Scope {
  readonly key: string
}

/** Where a bucket keeps its keys, and where it hands on what it has stored [cluster.md, Subjects]. */
export class Subjects {
  /** Name of the stream that the bucket is. */
  readonly stream: string
  /** What the stream stores. */
  readonly stored: string
  /** Where the stream hands on what it has stored. */
  readonly live: string
  readonly #prefix: string
  readonly #livePrefix: string

  /** @param bucket its name, for the tools of NATS too */
  constructor(bucket: string, livePrefix: string) {
    this.#prefix = `$KV.${bucket}.`
    this.#livePrefix = livePrefix
    this.stream = `KV_${bucket}`
    this.stored = `${this.#prefix}>`
    this.live = `${livePrefix}>`
  }

  /** Under what a key is stored: no name and no key reaches a subject as it is [cluster.md, N5]. */
  of({ tenant, namespace, key }: Place): string {
    return `${this.#prefix}${encodeToken(tenant)}.${encodeToken(namespace)}.${encodeToken(key)}`
  }

  /** The stored subject of what was handed on. */
  storedOf(live: string): string {
    return this.#prefix + live.slice(this.#livePrefix.length)
  }

  /** The key that is stored under a subject; undefined for what was not put there by a store. */
  placeOf(subject: string): Place | undefined {
    const [tenant, namespace, key, ...more] = subject.slice(this.#prefix.length).split('.').map(decodeToken)
    if (tenant === undefined || namespace === undefined || key === undefined || more.length > 0) return undefined
    const place = { tenant, namespace, key }
    return this.of(place) === subject ? place : undefined
  }
}

/** What clients keep. */
export const VALUES = new Subjects('AQ_STORE', 'aq.s.')
/** What all nodes have in common. */
export const STATE = new Subjects('AQ_STATE', 'aq.k.')

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
