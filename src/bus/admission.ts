import { isIP } from 'node:net'
import type { Identity } from '../auth/identity.ts'
import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import { TokenBucket, type TokenRate } from '../structures/token-bucket.ts'

/** Bounds on who is let in [limits.md, Limits]; the names are those of the configuration. */
export interface AdmissionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerTenant: number
  readonly maxConnectionsPerUser: number
  readonly maxConnectionsPerIp: number
  readonly handshakesPerSecond: number
  readonly handshakesPerSecondPerIp: number
  readonly handshakeBurstPerIp: number
}

/** A place that is taken until it is given back. */
export interface Ticket {
  /** Safe to call more than once. */
  release(): void
}

const SWEEP_MS = 10_000
const RETRY_MS = 1000

/** Counts handshakes and connections, so that neither one peer nor all together take more than their share. */
export class Admission {
  readonly #clock: Clock
  readonly #limits: AdmissionLimits
  readonly #handshakes: TokenBucket
  readonly #ipRate: TokenRate
  /** Map( address -> bucket ), for addresses that came lately */
  readonly #ipBuckets = new Map<string, TokenBucket>()
  /** Map( "tenant …" | "user …" | "ip …" -> connections ) */
  readonly #counts = new Map<string, number>()
  readonly #sweeper: Timer
  #count = 0

  constructor(clock: Clock, limits: AdmissionLimits) {
    this.#clock = clock
    this.#limits = limits
    const { handshakesPerSecond: ratePerSecond } = limits
    this.#handshakes = new TokenBucket({ ratePerSecond, burst: ratePerSecond }, clock.monotonic())
    this.#ipRate = { ratePerSecond: limits.handshakesPerSecondPerIp, burst: limits.handshakeBurstPerIp }
    this.#sweeper = clock.every(SWEEP_MS, () => this.#sweep())
  }

  /** Connections that hold a place. */
  get count(): number {
    return this.#count
  }

  /**
   * Lets a handshake begin, before anything expensive is done for it. A loopback address has no rate of its own.
   * @throws {BusError} OVERLOADED, RATE_LIMITED
   */
  checkRate(ip: string): void {
    const now = this.#clock.monotonic()
    if (this.#handshakes.waitMs(now) > 0) {
      throw new BusError('OVERLOADED', { message: 'Too many handshakes', retryAfterMs: RETRY_MS })
    }
    if (!isLoopback(ip)) this.#checkIpRate(ip, now)
    this.#handshakes.tryTake(now)
  }

  /** Comes before the common rate is charged: what one address sends in excess costs the others nothing. */
  #checkIpRate(ip: string, now: number): void {
    const bucket = this.#ipBuckets.get(ip) ?? new TokenBucket(this.#ipRate, now)
    this.#ipBuckets.set(ip, bucket)
    if (!bucket.tryTake(now)) {
      throw new BusError('RATE_LIMITED', {
        message: 'Too many handshakes from this address',
        retryAfterMs: bucket.waitMs(now)
      })
    }
  }

  /**
   * Takes a place for one connection.
   * @throws {BusError} OVERLOADED when the process is full, RATE_LIMITED when the tenant, user or address has its share
   */
  take(identity: Identity, ip: string): Ticket {
    const limits = this.#limits
    if (this.#count >= limits.maxConnections) {
      throw new BusError('OVERLOADED', { message: 'Too many connections', retryAfterMs: RETRY_MS })
    }
    const shares: [key: string, maximum: number, whose: string][] = [
      [`tenant ${identity.tenant}`, limits.maxConnectionsPerTenant, 'this tenant'],
      [`ip ${ip}`, limits.maxConnectionsPerIp, 'this address']
    ]
    if (identity.subject !== undefined) {
      shares.push([`user ${identity.tenant} ${identity.subject}`, limits.maxConnectionsPerUser, 'this user'])
    }
    for (const [key, maximum, whose] of shares) {
      if ((this.#counts.get(key) ?? 0) >= maximum) {
        throw new BusError('RATE_LIMITED', { message: `Too many connections of ${whose}`, retryAfterMs: RETRY_MS })
      }
    }
    const keys = shares.map(([key]) => key)
    this.#hold(keys, 1)
    let isHeld = true
    return {
      release: () => {
        if (isHeld) this.#hold(keys, -1)
        isHeld = false
      }
    }
  }

  close(): void {
    this.#sweeper.cancel()
  }

  #hold(keys: readonly string[], change: 1 | -1): void {
    this.#count += change
    for (const key of keys) {
      const count = (this.#counts.get(key) ?? 0) + change
      if (count === 0) this.#counts.delete(key)
      else this.#counts.set(key, count)
    }
  }

  #sweep(): void {
    const now = this.#clock.monotonic()
    for (const [ip, bucket] of this.#ipBuckets) if (bucket.tokens(now) >= this.#ipRate.burst) this.#ipBuckets.delete(ip)
  }
}

/** Whether the text is an address of this machine, also when written as IPv6. A host name is none, whatever it begins with. */
export function isLoopback(ip: string): boolean {
  return isIP(ip) !== 0 && (ip === '::1' || ip.startsWith('127.') || ip.startsWith('::ffff:127.'))
}
