/** A distribution, in plain numbers: an observation costs a search and two additions [performance.md]. */
export class Buckets {
  /** Upper bounds, ascending, each included. */
  readonly bounds: readonly number[]
  sum = 0
  readonly #counts: number[]

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    const { bounds } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index++
    ;(this.#counts[index] as number) += 1
    this.sum += value
  }

  /** How many observations are within each bound, and at the end how many there are: ever more, as Prometheus wants it. */
  cumulative(): number[] {
    let total = 0
    return this.#counts.map(count => {
      total += count
      return total
    })
  }
}
