/** When to ask whether a peer is alive [limits.md, Limits]. */
export interface LivenessLimits {
  readonly pingIntervalMs: number
  readonly pongTimeoutMs: number
  readonly livenessProbeMs: number
}

/** What is to be done about a peer. */
export type LivenessVerdict = 'wait' | 'ping' | 'dead'

/**
 * Decides when to ping a peer and when to give it up: a ping every interval, and sooner for a peer that was sent something
 * and stays silent. A stopped process still has its kernel acknowledge data for megabytes, so only an answer tells that
 * somebody reads [limits.md P6].
 */
export class Liveness {
  readonly #limits: LivenessLimits
  readonly #random: () => number
  #wasHeard = true
  #wasSentTo = false
  #heardAtMs: number
  #pingedAtMs: number | undefined
  #nextPingAtMs: number

  /** @param random a number in [0, 1), which spreads the pings of many connections by ± 10 % */
  constructor(limits: LivenessLimits, random: () => number, nowMs: number) {
    this.#limits = limits
    this.#random = random
    this.#heardAtMs = nowMs
    this.#nextPingAtMs = nowMs + this.#delayMs()
  }

  /** Whether something was sent since the last ping. */
  get wasSentTo(): boolean {
    return this.#wasSentTo
  }

  /** The peer showed a sign of life. */
  hear(): void {
    this.#wasHeard = true
  }

  /** Something was sent to the peer. */
  send(): void {
    this.#wasSentTo = true
  }

  /** @param isMuted nothing is read from the peer at present, so that its silence means nothing */
  check(nowMs: number, isMuted: boolean): LivenessVerdict {
    const { pongTimeoutMs, livenessProbeMs } = this.#limits
    if (this.#wasHeard || isMuted) {
      this.#wasHeard = false
      this.#heardAtMs = nowMs
      this.#pingedAtMs = undefined
    }
    if (this.#pingedAtMs !== undefined) return nowMs - this.#pingedAtMs >= pongTimeoutMs ? 'dead' : 'wait'
    const isSilent = this.#wasSentTo && nowMs - this.#heardAtMs >= livenessProbeMs
    if (!isSilent && nowMs < this.#nextPingAtMs) return 'wait'
    this.#pingedAtMs = nowMs
    this.#nextPingAtMs = nowMs + this.#delayMs()
    this.#wasSentTo = false
    return 'ping'
  }

  #delayMs(): number {
    return this.#limits.pingIntervalMs * (0.9 + 0.2 * this.#random())
  }
}
