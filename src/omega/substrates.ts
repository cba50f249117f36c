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
  /** Ids of those that are about to be put: they take up room already. */
  readonly #coming = new Set<string>()

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  get count(): number {
    return this.#substrates.size
  }

  /** Whether there are none, not even on their way. */
  get isEmpty(): boolean {
    return this.#substrates.size + this.#coming.size === 0
  }

  has(id: string): boolean {
    return this.#substrates.has(id)
  }

  list(): Substrate[] {
    return [...this.#substrates.values()]
  }

  get(id: string): Substrate | undefined {
    return this.#substrates.get(id)
  }

  /** @throws {BusError} VALIDATION_ERROR when there are as many as there may be */
  add(substrate: Substrate): void {
    this.#requireRoom()
    this.put(substrate)
  }

  /**
   * Keeps room for a substrate until it is put or given up. Returns how to let go of it.
   * @throws {BusError} VALIDATION_ERROR when there are as many as there may be
   */
  reserve(id: string): () => void {
    this.#requireRoom()
    this.#coming.add(id)
    return () => {
      this.#coming.delete(id)
    }
  }

  /** Adds a substrate for which there is room, here or on another node. */
  put(substrate: Substrate): void {
    this.#substrates.set(substrate.substrate_id, substrate)
  }

  /** Removes a substrate and returns it; undefined when it is not here. */
  remove(id: string): Substrate | undefined {
    const substrate = this.#substrates.get(id)
    this.#substrates.delete(id)
    return substrate
  }

  #requireRoom(): void {
    const coming = [...this.#coming].filter(id => !this.#substrates.has(id))
    if (this.#substrates.size + coming.length >= this.#maxCount)
      throw new BusError('VALIDATION_ERROR', { message: 'Tier-Omega substrate limit reached' })
  }
}
