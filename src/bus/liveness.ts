/** When to ask whether a peer is alive [limits.md, Limits]. */
export interface LivenessLimits {
  readonly pingIntervalMs: number
  readonly pongTimeoutMs: number
  readonly livenessProbeMs: number
  /** How long one message may take to come. */
  readonly maxMessageMs: number
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

/** Watches for a message that is begun and never finished: what has come of it is held, and a peer can answer pings meanwhile. */
export class Unfinished {
  #sinceMs = 0
  /** How many messages were complete when the present one was first seen unfinished; -1 when none is. */
  #count = -1

  /**
   * Notes the state of the connection.
   * @param completeCount messages received completely so far
   * @returns how long the same message has been unfinished, in milliseconds; 0 when none is
   */
  ageMs(isReceiving: boolean, completeCount: number, nowMs: number): number {
    if (!isReceiving) {
      this.#count = -1
      return 0
    }
    if (this.#count !== completeCount) {
      this.#count = completeCount
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }
}
