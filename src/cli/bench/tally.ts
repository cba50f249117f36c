import { Histogram } from './histogram.ts'

/** What became of the messages of a run at all members. */
export class Tally {
  readonly latencies = new Histogram()
  /** By member: the number of the last message. Numbers grow, since a channel keeps the order of one sender. */
  readonly #last: number[]
  #delivered = 0
  #duplicated = 0

  constructor(members: number) {
    this.#last = Array.from({ length: members }, () => 0)
  }

  /** Messages that came for the first time, at all members together. */
  get delivered(): number {
    return this.#delivered
  }

  get duplicated(): number {
    return this.#duplicated
  }

  /** A message came. @param number 1 for the first message of the run */
  receive(member: number, number: number, latencyMs: number): void {
    if (number <= (this.#last[member] ?? 0)) {
      this.#duplicated++
      return
    }
    this.#last[member] = number
    this.#delivered++
    this.latencies.add(latencyMs)
  }
}
