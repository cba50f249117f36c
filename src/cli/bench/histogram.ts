/** Two buckets in a row differ by so much: what is read back is off by no more. */
const STEP = 1.01
const LEAST_MS = 0.001
const SIZE = Math.ceil(Math.log(1e9) / Math.log(STEP))

/** Durations in little memory, whatever their number; read back to one in a hundred. */
export class Histogram {
  readonly #counts = new Float64Array(SIZE)
  #count = 0
  #maxMs = 0

  get count(): number {
    return this.#count
  }

  /** The longest one, exactly. */
  get maxMs(): number {
    return this.#maxMs
  }

  add(durationMs: number): void {
    const ms = Math.max(durationMs, LEAST_MS)
    const at = Math.min(SIZE - 1, Math.floor(Math.log(ms / LEAST_MS) / Math.log(STEP)))
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#count++
    this.#maxMs = Math.max(this.#maxMs, durationMs)
  }

  /** The duration that this part of all did not exceed; 0 without any. @param part in (0, 1] */
  quantile(part: number): number {
    const wanted = Math.ceil(this.#count * part)
    let seen = 0
    for (const [at, count] of this.#counts.entries()) {
      seen += count
      if (seen >= wanted && count > 0) return Math.min(LEAST_MS * STEP ** (at + 1), this.#maxMs)
    }
    return 0
  }
}
