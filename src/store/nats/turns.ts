import { BusError } from '../../errors.ts'

/** Work that is done one after the other under each name, with a bound on what waits and what is under way. */
export class Turns {
  readonly #max: number
  /** Map( name -> end of the last work that has come under it ) */
  readonly #ends = new Map<string, Promise<void>>()
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  /** What waits and what is under way. */
  get size(): number {
    return this.#size
  }

  /** Does the work when all that came earlier under the name is done. @throws {BusError} ENGINE_UNAVAILABLE when too much is under way */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#size >= this.#max) throw new BusError('ENGINE_UNAVAILABLE')
    this.#size++
    const before = this.#ends.get(name)
    const outcome = before ? before.then(work) : work()
    const settle = (): void => {
      this.#size--
      if (this.#ends.get(name) === end) this.#ends.delete(name)
    }
    const end = outcome.then(settle, settle)
    this.#ends.set(name, end)
    return outcome
  }
}
