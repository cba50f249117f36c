import { TokenBucket } from '../structures/token-bucket.ts'

/** Of so many messages of one tenant in a second one event is made for each; of the others only their number is told. */
const SAMPLES_PER_SECOND = 10
const rate = { ratePerSecond: SAMPLES_PER_SECOND, burst: SAMPLES_PER_SECOND }

interface Sampling {
  readonly bucket: TokenBucket
  untold: number
}

/** Which messages are told of: for each tenant by itself, so that none learns how much the others say [limits.md P7]. */
export class Samples {
  /** Map( tenant -> what was told of it ) */
  readonly #tenants = new Map<string, Sampling>()

  /**
   * Takes one message of a tenant, at a monotonic time. Returns how many went untold since the last one that was told; undefined when
   * this one is not to be told either.
   */
  take(tenant: string, nowMs: number): number | undefined {
    const sampling = this.#tenants.get(tenant) ?? { bucket: new TokenBucket(rate, nowMs), untold: 0 }
    this.#tenants.set(tenant, sampling)
    if (!sampling.bucket.tryTake(nowMs)) {
      sampling.untold++
      return undefined
    }
    const { untold } = sampling
    sampling.untold = 0
    return untold
  }

  forget(tenant: string): void {
    this.#tenants.delete(tenant)
  }
}
