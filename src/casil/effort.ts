/**
 * Work that one inspection may still do, in steps of about ten nanoseconds. Counted beforehand from lengths, never timed: the same
 * input meets the same end.
 */
export class Effort {
  #steps: number

  constructor(steps: number) {
    this.#steps = steps
  }

  /** Takes `steps`; false once there are not enough left, from then on for good. */
  spend(steps: number): boolean {
    this.#steps = steps > this.#steps ? -1 : this.#steps - steps
    return this.#steps >= 0
  }
}
