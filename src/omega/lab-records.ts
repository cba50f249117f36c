import { type TSchema, Type } from '@sinclair/typebox'
import type { Log } from '../log.ts'
import { type Check, compileCheck } from '../protocol/schema.ts'
import type { Records } from '../structures/records.ts'
import type { OmegaEvent } from './events.ts'
import { EventResult, SubstrateResult } from './schemas.ts'
import type { Substrate } from './substrates.ts'

/** What the nodes of a cluster share the lane by. */
export interface SharedLane {
  readonly substrates: Records
  readonly events: Records
  readonly log: Pick<Log, 'error'>
}

/** What lab records are made of; the functions are told what is written, by whatever node, and what is gone. */
export interface LabRecordsOptions extends SharedLane {
  readonly addSubstrate: (tenant: string, substrate: Substrate) => void
  readonly dropSubstrate: (tenant: string, id: string) => void
  /** `nth` counts the events of one node. */
  readonly addEvent: (tenant: string, event: OmegaEvent, nth: number) => void
  readonly dropEvent: (tenant: string, id: string) => void
}

const checkSubstrate = compileCheck(recordOf(SubstrateResult))
const checkEvent = compileCheck(recordOf(EventResult))
/** How many records are removed at the same time. */
const REMOVALS = 64

/** A record as it is written: whose it is, what it is, and the how manieth of its node. */
interface LabRecord<T> {
  readonly tenant: string
  readonly value: T
  readonly nth: number
}

/** The substrates and events of all tenants, in records that all nodes have in common [cluster.md, The port]. */
export class LabRecords {
  readonly #options: LabRecordsOptions
  /** Map( id of what is written -> its tenant ) */
  readonly #tenants = new Map<string, string>()
  #written = 0

  constructor(options: LabRecordsOptions) {
    this.#options = options
  }

  /** Tells what is written, and from then on every change. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(): Promise<void> {
    const { substrates, events, addSubstrate, dropSubstrate, addEvent, dropEvent } = this.#options
    await substrates.follow((id, text) => {
      if (text === undefined) this.#drop(id, dropSubstrate)
      else this.#add<Substrate>(id, text, checkSubstrate, ({ tenant, value }) => addSubstrate(tenant, value))
    })
    await events.follow((id, text) => {
      if (text === undefined) this.#drop(id, dropEvent)
      else this.#add<OmegaEvent>(id, text, checkEvent, ({ tenant, value, nth }) => addEvent(tenant, value, nth))
    })
  }

  /** @throws {BusError} ENGINE_UNAVAILABLE */
  writeSubstrate(tenant: string, substrate: Substrate): Promise<void> {
    return this.#options.substrates.put(substrate.substrate_id, this.#textOf(tenant, substrate))
  }

  /** @throws {BusError} ENGINE_UNAVAILABLE */
  writeEvent(tenant: string, event: OmegaEvent): Promise<void> {
    return this.#options.events.put(event.event_id, this.#textOf(tenant, event))
  }

  /** False when it is gone already. @throws {BusError} ENGINE_UNAVAILABLE */
  removeSubstrate(id: string): Promise<boolean> {
    return this.#options.substrates.delete(id)
  }

  /** Returns how many were there. @throws {BusError} ENGINE_UNAVAILABLE; some of them may be gone then */
  async removeEvents(events: readonly OmegaEvent[]): Promise<number> {
    let removed = 0
    for (let start = 0; start < events.length; start += REMOVALS) {
      const some = events.slice(start, start + REMOVALS)
      const were = await Promise.all(some.map(({ event_id }) => this.#options.events.delete(event_id)))
      removed += were.filter(wasThere => wasThere).length
    }
    return removed
  }

  #textOf(tenant: string, value: Substrate | OmegaEvent): string {
    return JSON.stringify({ tenant, value, nth: this.#written++ })
  }

  #add<T>(id: string, text: string, check: Check, add: (record: LabRecord<T>) => void): void {
    const record = parse(text)
    if (check(record).length > 0) {
      this.#options.log.error({ record: id }, 'a record of the experimental lane cannot be read and is ignored')
      return
    }
    this.#tenants.set(id, (record as LabRecord<T>).tenant)
    add(record as LabRecord<T>)
  }

  #drop(id: string, drop: (tenant: string, id: string) => void): void {
    const tenant = this.#tenants.get(id)
    if (tenant === undefined) return
    this.#tenants.delete(id)
    drop(tenant, id)
  }
}

function recordOf(value: TSchema): TSchema {
  return Type.Object({ tenant: Type.String(), value, nth: Type.Integer() })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
