import type { Runtime } from './runtime.ts'

/** What watches over an open link. */
export interface PulseOptions {
  readonly runtime: Runtime
  /** How long nothing may be heard before the peer is asked, in milliseconds. */
  readonly intervalMs: number
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs: number
  /** Whether an answer is awaited, so that silence means more. */
  readonly isAwaiting: () => boolean
  /** Sends something that the peer answers. */
  readonly ping: () => void
  /** The peer gave no sign of life. Called once. */
  readonly onSilence: () => void
}

const MAX_TICK_MS = 1_000
/** Silence while an answer is awaited. */
const MAX_SILENCE_MS = 2_000
/** A tick that comes so much too late means that the machine, or the page, has slept. */
const SLEEP_MS = 10_000

/**
 * Finds out that a connection is dead though nothing closed it: by silence, and at once after a sleep or when the network changes.
 * It asks with a frame, since neither a browser nor the `ws` package tells of the pings of WebSocket alike.
 */
export class Pulse {
  readonly #options: PulseOptions
  readonly #tickMs: number
  #heardAtMs: number
  #tickedAtMs: number
  #cancelTick: () => void = () => {}
  #cancelProbe: (() => void) | undefined

  constructor(options: PulseOptions) {
    this.#options = options
    this.#tickMs = Math.min(options.intervalMs, MAX_TICK_MS)
    this.#heardAtMs = options.runtime.now()
    this.#tickedAtMs = options.runtime.epoch()
    this.#tickLater()
  }

  /** Something came. */
  hear(): void {
    this.#heardAtMs = this.#options.runtime.now()
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  /** Asks now, unless an answer is awaited already. */
  probe(): void {
    if (this.#cancelProbe) return
    const { ping, onSilence, runtime, timeoutMs } = this.#options
    this.#cancelProbe = runtime.after(timeoutMs, () => {
      this.stop()
      onSilence()
    })
    ping()
  }

  /** Ends the watch. */
  stop(): void {
    this.#cancelTick()
    this.#cancelProbe?.()
    this.#cancelProbe = undefined
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.runtime.after(this.#tickMs, () => this.#tick())
  }

  #tick(): void {
    const { intervalMs, isAwaiting, runtime } = this.#options
    const hasSlept = runtime.epoch() - this.#tickedAtMs > this.#tickMs + SLEEP_MS
    this.#tickedAtMs = runtime.epoch()
    this.#tickLater()
    const maxSilenceMs = isAwaiting() ? Math.min(intervalMs, MAX_SILENCE_MS) : intervalMs
    if (hasSlept || runtime.now() - this.#heardAtMs >= maxSilenceMs) this.probe()
  }
}
