import { BusError } from '../errors.ts'
import type { JsonObject } from '../protocol/json.ts'

/** Something that signals, in the words of the wire. */
export interface Substrate {
  /** `omega_…` */
  readonly substrate_id: string
  readonly name: string
  readonly kind: string
  /** Who registered it: it stays when they leave. */
  readonly owner_client_id: string
  readonly metadata: JsonObject
  /** Server time, RFC 3339. */
  readonly created_at: string
}

/** The substrates of one tenant, in the order in which they were registered. */
export class Substrates {
  readonly #maxCount: number
  /** Map( id -> substrate ) */
  readonly #substrates = new Map<string, Substrate>()

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  get count(): number {
    return this.#substrates.size
  }

  has(id: string): boolean {
    return this.#substrates.has(id)
  }

  list(): Substrate[] {
    return [...this.#substrates.values()]
  }

  /** @throws {BusError} VALIDATION_ERROR when there are as many as there may be */
  add(substrate: Substrate): void {
    if (this.#substrates.size >= this.#maxCount)
      throw new BusError('VALIDATION_ERROR', { message: 'Tier-Omega substrate limit reached' })
    this.#substrates.set(substrate.substrate_id, substrate)
  }

  /** Removes a substrate and returns it; undefined when it is not here. */
  remove(id: string): Substrate | undefined {
    const substrate = this.#substrates.get(id)
    this.#substrates.delete(id)
    return substrate
  }
}
