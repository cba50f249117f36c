// Latencies in microseconds, in buckets that are at most 1.6 % wide. Recording costs a few nanoseconds
// and no memory per sample.

const subBits = 6
const exactBelow = 1 << (subBits + 1)

function bucketOf(micros) {
  if (micros < exactBelow) return micros
  const shift = 31 - Math.clz32(micros) - subBits
  return shift * (1 << subBits) + (micros >>> shift)
}

function middleOf(bucket) {
  if (bucket < exactBelow) return bucket
  const shift = Math.floor(bucket / (1 << subBits)) - 1
  const low = (bucket - shift * (1 << subBits)) * 2 ** shift
  return low + 2 ** shift / 2
}

export class Histogram {
  #counts = new Uint32Array(32 << subBits)
  #total = 0

  /** Counts one latency; negative values count as zero. */
  record(micros) {
    this.#counts[bucketOf(micros > 0 ? Math.min(Math.round(micros), 0x7fffffff) : 0)]++
    this.#total++
  }

  reset() {
    this.#counts.fill(0)
    this.#total = 0
  }

  /** The latency in milliseconds that `share` (0 to 1) of the samples do not exceed; null without samples. */
  quantileMs(share) {
    if (this.#total === 0) return null
    const rank = Math.max(1, Math.ceil(this.#total * share))
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]
      if (seen >= rank) return middleOf(bucket) / 1000
    }
    return null
  }

  summary() {
    return { p50Ms: this.quantileMs(0.5), p99Ms: this.quantileMs(0.99), p999Ms: this.quantileMs(0.999) }
  }
}
