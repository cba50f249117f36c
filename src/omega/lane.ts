import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { JsonObject } from '../protocol/json.ts'
import { type EventFilter, type OmegaEvent, OmegaEvents } from './events.ts'
import { LabRecords, type SharedLane } from './lab-records.ts'
import { type Substrate, Substrates } from './substrates.ts'

/** Whoever asks the lane for something. */
export interface Actor {
  readonly id: string
  readonly identity: { readonly tenant: string }
}

/** What can differ between an event and what the lab channel was told: its content may have been redacted. */
export type Told = Pick<OmegaEvent, 'signal' | 'payload'>

/** What the lane is made of. */
export interface LaneOptions<Who extends Actor> {
  readonly isEnabled: boolean
  /** Where events are told. */
  readonly lab: { readonly room: string; readonly channel: string }
  /** Events that are remembered for one tenant; beyond it the oldest is forgotten. */
  readonly maxEvents: number
  /** Substrates of one tenant. */
  readonly maxSubstrates: number
  /** Most text of events in one answer, in bytes. */
  readonly maxReplyBytes: number
  readonly clock: Clock
  /** Makes the part of an id that differs. */
  readonly makeId: () => string
  /**
   * Tells the members of the lab channel. Resolves with what they were told.
   * @throws {BusError} or rejects with one when it may not be told
   */
  readonly post: (actor: Who, event: OmegaEvent) => Promise<Told>
  /** Undefined: this node has the lane for itself. */
  readonly shared?: SharedLane | undefined
}

/** How the lane is set, and what the tenant has in it. */
export interface LaneStatus {
  readonly enabled: boolean
  readonly lab_room: string
  readonly lab_channel: string
  readonly max_events: number
  readonly max_substrates: number
  readonly substrate_count: number
  readonly event_count: number
  readonly runtime: 'memory'
}

/** What one tenant has in the lane. */
interface Lab {
  readonly substrates: Substrates
  readonly events: OmegaEvents
}

/** Most JSON text of the payload of an event, in bytes. */
export const MAX_PAYLOAD_BYTES = 16_384
/** Most JSON text of what is noted of a substrate, in bytes. */
export const MAX_METADATA_BYTES = 4_096

/**
 * The experimental lane: substrates that a tenant registers, and the events that they signal [operators.md, op.omega.*]. Each
 * tenant sees its own. Everything but the status is refused with FEATURE_DISABLED while the lane is off.
 *
 * With `shared` all nodes of a cluster show the same. The node that adds an event removes the oldest one. Nodes that do something in
 * the same moment may pass the bounds by a few; those of events until the next one.
 */
export class Lane<Who extends Actor = Actor> {
  readonly #options: LaneOptions<Who>
  readonly #records: LabRecords | undefined
  /** Map( tenant -> its lab ), for tenants with a substrate or an event */
  readonly #labs = new Map<string, Lab>()

  constructor(options: LaneOptions<Who>) {
    this.#options = options
    const { shared } = options
    this.#records =
      shared &&
      new LabRecords({
        ...shared,
        addSubstrate: (tenant, substrate) => this.#openLab(tenant).substrates.put(substrate),
        dropSubstrate: (tenant, id) => this.#change(tenant, ({ substrates }) => substrates.remove(id)),
        addEvent: (tenant, event, nth) => this.#openLab(tenant).events.put(event, nth),
        dropEvent: (tenant, id) => this.#change(tenant, ({ events }) => events.remove(id))
      })
  }

  /** Learns of what the cluster has in the lane, if there is one and the lane is on. To be called once. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(): Promise<void> {
    if (this.#options.isEnabled) await this.#records?.follow()
  }

  /** @throws {BusError} FEATURE_DISABLED while the lane is off */
  requireEnabled(): void {
    if (!this.#options.isEnabled)
      throw new BusError('FEATURE_DISABLED', { message: 'Tier-Omega experimental lane is disabled' })
  }

  /** Answers while the lane is off, too. */
  status(actor: Who): LaneStatus {
    const { isEnabled, lab, maxEvents, maxSubstrates } = this.#options
    const own = this.#labOf(actor)
    return {
      enabled: isEnabled,
      lab_room: lab.room,
      lab_channel: lab.channel,
      max_events: maxEvents,
      max_substrates: maxSubstrates,
      substrate_count: own?.substrates.count ?? 0,
      event_count: own?.events.count ?? 0,
      runtime: 'memory'
    }
  }

  /**
   * @throws {BusError} VALIDATION_ERROR when the tenant has as many as it may; LIMIT_EXCEEDED over {@link MAX_METADATA_BYTES};
   * ENGINE_UNAVAILABLE
   */
  async registerSubstrate(actor: Who, parts: Pick<Substrate, 'name' | 'kind' | 'metadata'>): Promise<Substrate> {
    this.requireEnabled()
    requireSize('metadata', parts.metadata, MAX_METADATA_BYTES)
    const { clock, makeId } = this.#options
    const { name, kind, metadata } = parts
    const substrate: Substrate = {
      substrate_id: `omega_${makeId()}`,
      name,
      kind,
      owner_client_id: actor.id,
      metadata,
      created_at: clock.iso()
    }
    const { tenant } = actor.identity
    if (this.#records) await this.#share(this.#records, tenant, substrate)
    else this.#openLab(tenant).substrates.add(substrate)
    return substrate
  }

  /** In the order in which they were registered. */
  listSubstrates(actor: Who): Substrate[] {
    this.requireEnabled()
    const substrates = this.#labOf(actor)?.substrates.list() ?? []
    // Those of other nodes became known here in any order.
    return this.#records ? substrates.sort(byTime) : substrates
  }

  /**
   * Removes a substrate with its events. An event that another node adds in the same moment may stay.
   * @throws {BusError} NOT_FOUND; ENGINE_UNAVAILABLE, and then some of it may be gone
   */
  async unregisterSubstrate(
    actor: Who,
    substrateId: string
  ): Promise<{ readonly substrate: Substrate; readonly removedEvents: number }> {
    this.requireEnabled()
    const { tenant } = actor.identity
    const lab = this.#labOf(actor)
    const substrate = lab?.substrates.get(substrateId)
    if (!lab || !substrate) throw new BusError('NOT_FOUND', { message: `Not found: ${substrateId.slice(0, 64)}` })
    if (this.#records) await this.#records.removeSubstrate(substrateId)
    else this.#change(tenant, ({ substrates }) => substrates.remove(substrateId))
    return { substrate, removedEvents: await this.#forget(tenant, lab, { substrateId }) }
  }

  /**
   * Tells the lab channel of an event and remembers it as it was told there. Nothing is remembered of what could not be told; what
   * was told and could not be remembered is refused.
   * @throws {BusError} VALIDATION_ERROR for a substrate that is not there; LIMIT_EXCEEDED over {@link MAX_PAYLOAD_BYTES}; what
   * telling it is refused with; ENGINE_UNAVAILABLE
   */
  async emitEvent(
    actor: Who,
    parts: { readonly substrateId: string; readonly signal: string; readonly payload: JsonObject }
  ): Promise<OmegaEvent> {
    this.requireEnabled()
    const { substrateId, signal, payload } = parts
    if (!this.#labOf(actor)?.substrates.has(substrateId))
      throw new BusError('VALIDATION_ERROR', { faults: ['substrate_id: is not registered'] })
    requireSize('payload', payload, MAX_PAYLOAD_BYTES)
    const { clock, makeId, post } = this.#options
    const emitted: OmegaEvent = {
      event_id: `omega_evt_${makeId()}`,
      substrate_id: substrateId,
      signal,
      payload,
      emitted_by: actor.id,
      timestamp: clock.iso()
    }
    const told = await post(actor, emitted)
    const event = { ...emitted, signal: told.signal, payload: told.payload }
    // The substrate may have gone meanwhile, and its events with it.
    const lab = this.#labOf(actor)
    if (lab?.substrates.has(substrateId)) await this.#remember(actor.identity.tenant, lab, event)
    return event
  }

  /** The newest `limit` events that the filter means, oldest first; fewer where they would be too much text for an answer. */
  listEvents(actor: Who, filter: EventFilter, limit: number): OmegaEvent[] {
    this.requireEnabled()
    return this.#labOf(actor)?.events.list(filter, limit, this.#options.maxReplyBytes) ?? []
  }

  /** Forgets the events that the filter means. @throws {BusError} ENGINE_UNAVAILABLE, and then some of them may be gone */
  async clearEvents(
    actor: Who,
    filter: EventFilter
  ): Promise<{ readonly removed: number; readonly remaining: number }> {
    this.requireEnabled()
    const lab = this.#labOf(actor)
    if (!lab) return { removed: 0, remaining: 0 }
    return { removed: await this.#forget(actor.identity.tenant, lab, filter), remaining: lab.events.count }
  }

  /** A substrate that is on its way to the records counts already. */
  async #share(records: LabRecords, tenant: string, substrate: Substrate): Promise<void> {
    const letGo = this.#openLab(tenant).substrates.reserve(substrate.substrate_id)
    try {
      await records.writeSubstrate(tenant, substrate)
    } finally {
      this.#change(tenant, letGo)
    }
  }

  async #remember(tenant: string, { substrates, events }: Lab, event: OmegaEvent): Promise<void> {
    const records = this.#records
    if (!records) {
      events.add(event)
      return
    }
    await records.writeEvent(tenant, event)
    const isOrphan = !substrates.has(event.substrate_id)
    // What stays now is removed with the next event.
    await records.removeEvents(isOrphan ? [event] : events.excess()).catch(() => 0)
  }

  async #forget(tenant: string, { events }: Lab, filter: EventFilter): Promise<number> {
    if (this.#records) return this.#records.removeEvents(events.find(filter))
    return this.#change(tenant, () => events.clear(filter)) ?? 0
  }

  #labOf(actor: Who): Lab | undefined {
    return this.#labs.get(actor.identity.tenant)
  }

  #openLab(tenant: string): Lab {
    const { maxEvents, maxSubstrates } = this.#options
    const lab = this.#labs.get(tenant) ?? {
      substrates: new Substrates(maxSubstrates),
      events: new OmegaEvents(maxEvents)
    }
    this.#labs.set(tenant, lab)
    return lab
  }

  /** Takes something out of the lab of a tenant, and lets go of the lab when it is empty. */
  #change<Outcome>(tenant: string, change: (lab: Lab) => Outcome): Outcome | undefined {
    const lab = this.#labs.get(tenant)
    const outcome = lab && change(lab)
    if (lab?.substrates.isEmpty && lab.events.count === 0) this.#labs.delete(tenant)
    return outcome
  }
}

function byTime(a: Substrate, b: Substrate): number {
  return a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0
}

function requireSize(field: string, value: JsonObject, maxBytes: number): void {
  if (Buffer.byteLength(JSON.stringify(value)) > maxBytes)
    throw new BusError('LIMIT_EXCEEDED', { message: `Limit exceeded: ${field} can have ${maxBytes} bytes` })
}
