import type { Runtime } from './runtime.ts'

/** What keeps a token fresh. */
export interface RenewalOptions {
  readonly runtime: Runtime
  /** Gets a new token and presents it; resolves with the token. The signal says that it is not wanted any more. */
  readonly renew: (signal: AbortSignal) => Promise<string>
  /** Told when that failed; it is tried again while there is time. */
  readonly onFailure: (error: unknown) => void
}

/** The part of what is left of a token's life after which it is renewed. */
const PART = 0.8
const MIN_DELAY_MS = 1_000

/** Renews the token of a connection before it expires. */
export class Renewal {
  readonly #options: RenewalOptions
  readonly #abort = new AbortController()
  #cancel: () => void = () => {}

  constructor(options: RenewalOptions, token: string) {
    this.#options = options
    this.#plan(token)
  }

  /** Ends it. */
  stop(): void {
    this.#abort.abort()
    this.#cancel()
  }

  #plan(token: string): void {
    const expiresAtMs = expiryOf(token)
    const { runtime } = this.#options
    const leftMs = (expiresAtMs ?? 0) - runtime.epoch()
    if (this.#abort.signal.aborted || expiresAtMs === undefined || leftMs < MIN_DELAY_MS) return
    this.#cancel = runtime.after(Math.max(leftMs * PART, MIN_DELAY_MS), () => void this.#renew(token))
  }

  async #renew(token: string): Promise<void> {
    const { onFailure, renew } = this.#options
    const { signal } = this.#abort
    try {
      this.#plan(await renew(signal))
    } catch (error) {
      if (!signal.aborted) onFailure(error)
      this.#plan(token)
    }
  }
}

/** When a JSON Web Token expires, in milliseconds since the epoch; undefined when it does not say. It is only read, not checked. */
export function expiryOf(token: string): number | undefined {
  try {
    const [, claims = ''] = token.split('.')
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
