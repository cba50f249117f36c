import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import { type KeyAlgorithm, readKeySet, type VerificationKey } from './jwk.ts'

/** The public keys of an issuer, fetched when they are needed. */
export interface KeySet {
  /**
   * The PEM of the key with the id; without an id, of the only key there is.
   *
   * @throws BusError AUTH_INVALID when the issuer has no such key, OVERLOADED when that cannot be found out at present.
   */
  find(id: string | undefined): Promise<string>
  /** Ends a fetch under way, and fetches no more. */
  close(): void
}

/** What a {@link KeySet} is made of. */
export interface KeySetOptions {
  /** Where the JSON Web Key Set is published. Redirects are not followed. */
  readonly url: string
  readonly algorithm: KeyAlgorithm
  readonly clock: Clock
  /** Told of every fetch that failed. */
  readonly report: (error: unknown) => void
}

const FETCH_TIMEOUT_MS = 5_000
const MAX_RESPONSE_BYTES = 256 * 1024
/** Strangers can make up ids, so an unknown one must not make us fetch at their pace. */
const REFRESH_INTERVAL_MS = 30_000
/** While there are no keys at all, every connection waits for them. */
const RETRY_INTERVAL_MS = 1_000
/** A key that the issuer has withdrawn is forgotten after that time, if the issuer can be reached. */
const MAX_AGE_MS = 600_000

/**
 * A key set at an address. Keys once fetched stay good while the issuer is down. An unknown id makes it fetch anew, at most every
 * 30 s after the first time; a set older than 10 min is fetched anew while the old keys go on being used.
 */
export function createKeySet({ url, algorithm, clock, report }: KeySetOptions): KeySet {
  let keys: readonly VerificationKey[] | undefined
  let hasFailed = false
  let isClosed = false
  let fetchedMs = 0
  let dueMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  let abort = (): void => undefined

  function pick(id: string | undefined): string | undefined {
    if (id !== undefined) return keys?.find(key => key.id === id)?.pem
    return keys?.length === 1 ? keys[0]?.pem : undefined
  }

  async function refresh(): Promise<void> {
    if (running === undefined && !isClosed && clock.monotonic() >= dueMs) running = load()
    await running
  }

  async function load(): Promise<void> {
    const isFirst = keys === undefined
    const controller = new AbortController()
    abort = () => controller.abort()
    const timer = clock.after(FETCH_TIMEOUT_MS, abort)
    dueMs = clock.monotonic() + (isFirst ? RETRY_INTERVAL_MS : REFRESH_INTERVAL_MS)
    try {
      const fetched = readKeySet(JSON.parse(await download(url, controller.signal)), algorithm)
      if (fetched === undefined) throw new TypeError('The document is not a JSON Web Key Set')
      keys = fetched
      fetchedMs = clock.monotonic()
      hasFailed = false
      if (isFirst) dueMs = fetchedMs
    } catch (error) {
      hasFailed = true
      report(error)
    } finally {
      timer.cancel()
      abort()
      running = undefined
    }
  }

  return {
    async find(id) {
      const known = pick(id)
      if (known !== undefined) {
        if (clock.monotonic() - fetchedMs >= MAX_AGE_MS) void refresh()
        return known
      }
      await refresh()
      const found = pick(id)
      if (found !== undefined) return found
      if (!hasFailed)
        throw new BusError('AUTH_INVALID', {
          message: 'Token refused: its key is unknown',
          faults: ['its key is unknown']
        })
      const retryAfterMs = Math.max(RETRY_INTERVAL_MS, Math.ceil(dueMs - clock.monotonic()))
      throw new BusError('OVERLOADED', { message: 'Token keys cannot be fetched', retryAfterMs })
    },
    close() {
      isClosed = true
      abort()
    }
  }
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  const response = await fetch(url, { signal, headers, redirect: 'error' })
  if (!response.ok || response.body === null) throw new TypeError(`The answer has status ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > MAX_RESPONSE_BYTES) throw new RangeError(`The answer is longer than ${MAX_RESPONSE_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
