import { BusError } from '../errors.ts'

/** Whoever asks for something that belongs to somebody. */
export interface Asker {
  /** Client id of a connection, or who speaks at another door. */
  readonly id: string
  readonly tenant: string
  /** Whether it may see and change what others of its tenant own. */
  readonly isAdmin: boolean
}

/** How long something lives: as its owner's connection, or until it is removed [operators.md]. */
export type Lifetime = 'connection' | 'tenant'

/** Something that belongs to a tenant, and within it to whoever made it. */
export interface Held {
  readonly id: string
  readonly tenant: string
  readonly ownerId: string
  readonly lifetime: Lifetime
}

/** How many things may be held [limits.md, Limits]. */
export interface HoldingBounds {
  /** What is counted, in the plural, for the sentence of a refusal. */
  readonly noun: string
  /** Things with the lifetime of their owner's connection, for one owner. */
  readonly perClient: number
  readonly perTenant: number
  readonly perProcess: number
}

/**
 * Things with owners: who may see which, how many there may be, and what goes when an owner goes. What belongs to another tenant
 * answers like what does not exist [limits.md P7].
 */
export class Holdings<T extends Held> {
  readonly #bounds: HoldingBounds
  /** Map( id -> thing ), in the order in which they were made */
  readonly #things = new Map<string, T>()
  /** Map( tenant -> Map( id -> thing ) ) */
  readonly #tenants = new Map<string, Map<string, T>>()
  /** Map( owner -> its things that live as long as it is connected ) */
  readonly #owners = new Map<string, Set<T>>()
  /** Things that are about to be added: they take up room already. */
  readonly #coming = new Set<Held>()

  constructor(bounds: HoldingBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#things.size
  }

  values(): IterableIterator<T> {
    return this.#things.values()
  }

  /** Everything of a tenant, in the order in which it was made. */
  ofTenant(tenant: string): IterableIterator<T> {
    return (this.#tenants.get(tenant) ?? new Map<string, T>()).values()
  }

  /** @throws {BusError} LIMIT_EXCEEDED naming the bound; AUTHORIZATION_ERROR when a thing for the tenant is made by somebody who is no admin */
  check(asker: Asker, lifetime: Lifetime): void {
    const { noun, perClient, perTenant, perProcess } = this.#bounds
    if (lifetime === 'tenant' && !asker.isAdmin)
      throw new BusError('AUTHORIZATION_ERROR', { message: 'lifetime "tenant" needs the role admin' })
    const coming = [...this.#coming].filter(({ id }) => !this.#things.has(id))
    const ofTenant = coming.filter(({ tenant }) => tenant === asker.tenant)
    const ofOwner = ofTenant.filter(thing => thing.ownerId === asker.id && thing.lifetime === 'connection')
    if (lifetime === 'connection' && (this.#owners.get(asker.id)?.size ?? 0) + ofOwner.length >= perClient)
      throw exceeded(`a client can have ${perClient} ${noun}`)
    if ((this.#tenants.get(asker.tenant)?.size ?? 0) + ofTenant.length >= perTenant)
      throw exceeded(`a tenant can have ${perTenant} ${noun}`)
    if (this.#things.size + coming.length >= perProcess) throw exceeded(`the server can have ${perProcess} ${noun}`)
  }

  /** Keeps room for a thing that {@link check} has let pass until it is added or given up. Returns how to let go of it. */
  reserve(thing: Held): () => void {
    this.#coming.add(thing)
    return () => {
      this.#coming.delete(thing)
    }
  }

  /** Adds a thing that {@link check} has let pass. */
  add(thing: T): void {
    this.#things.set(thing.id, thing)
    const tenant = this.#tenants.get(thing.tenant) ?? new Map<string, T>()
    this.#tenants.set(thing.tenant, tenant.set(thing.id, thing))
    if (thing.lifetime !== 'connection') return
    const owned = this.#owners.get(thing.ownerId) ?? new Set<T>()
    this.#owners.set(thing.ownerId, owned.add(thing))
  }

  /** What the asker may see: its own, and as an admin everything of its tenant. */
  list(asker: Asker): T[] {
    return [...this.ofTenant(asker.tenant)].filter(thing => asker.isAdmin || thing.ownerId === asker.id)
  }

  /** @throws {BusError} NOT_FOUND; AUTHORIZATION_ERROR for what somebody else of the tenant owns */
  require(asker: Asker, id: string): T {
    const thing = this.#things.get(id)
    if (thing?.tenant !== asker.tenant) throw new BusError('NOT_FOUND', { message: `Not found: ${id.slice(0, 64)}` })
    if (!asker.isAdmin && thing.ownerId !== asker.id)
      throw new BusError('AUTHORIZATION_ERROR', { message: `${id} belongs to another client` })
    return thing
  }

  /** Removes a thing. False when it is not here. */
  delete(thing: T): boolean {
    if (!this.#things.delete(thing.id)) return false
    removeFrom(this.#tenants, thing.tenant, tenant => tenant.delete(thing.id))
    removeFrom(this.#owners, thing.ownerId, owned => owned.delete(thing))
    return true
  }

  /** Removes what lives only as long as its owner is connected, and returns it. */
  dropOwner(ownerId: string): T[] {
    const things = [...(this.#owners.get(ownerId) ?? [])]
    for (const thing of things) this.delete(thing)
    return things
  }
}

function removeFrom<Group extends { readonly size: number }>(
  groups: Map<string, Group>,
  name: string,
  remove: (group: Group) => void
): void {
  const group = groups.get(name)
  if (!group) return
  remove(group)
  if (group.size === 0) groups.delete(name)
}

function exceeded(bound: string): BusError {
  return new BusError('LIMIT_EXCEEDED', { message: `Limit exceeded: ${bound}` })
}
