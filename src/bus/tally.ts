/** What was done since the start, altogether or by one tenant. */
export interface Tally {
  /** Connections accepted. */
  accepted: number
  /** Messages that passed all stages. */
  messages: number
}

/** Counts what each tenant does, so that none learns of the others' numbers [limits.md P7]. */
export class Tallies {
  readonly total: Tally = { accepted: 0, messages: 0 }
  /** Map( tenant -> its part ) */
  readonly #tenants = new Map<string, Tally>()

  /** The part of a tenant; made when first asked for. */
  of(tenant: string): Tally {
    let tally = this.#tenants.get(tenant)
    if (!tally) {
      tally = { accepted: 0, messages: 0 }
      this.#tenants.set(tenant, tally)
    }
    return tally
  }

  add(tenant: string, what: keyof Tally): void {
    this.total[what]++
    this.of(tenant)[what]++
  }

  tenants(): string[] {
    return [...this.#tenants.keys()]
  }

  forget(tenant: string): void {
    this.#tenants.delete(tenant)
  }
}
