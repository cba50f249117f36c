import type { ChannelRecord } from '../rooms/registry.ts'
import type { SharedChannels } from '../rooms/shared.ts'
import type { Engine } from './draft.ts'
import type { Hub } from './hub.ts'

/** What a sweep goes through. */
export interface SweepParts {
  readonly engine: Pick<Engine, 'broker' | 'registry' | 'clock'>
  readonly hub: Pick<Hub, 'membersOf' | 'roomMembersOf'>
  /** Undefined where there are no other nodes. */
  readonly shared: SharedChannels | undefined
}

/** Forgets auto-created channels and rooms that nobody has used for the grace, with their history. */
export class Sweep {
  readonly #parts: SweepParts
  #isRunning = false

  constructor(parts: SweepParts) {
    this.#parts = parts
  }

  /** Goes through all of them, and says which it has forgotten. Does nothing while it is at it. */
  async *run(): AsyncGenerator<ChannelRecord> {
    const { engine, shared } = this.#parts
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      for (const record of engine.registry.idle()) {
        if (this.#hasMembers(record)) continue
        if (shared && !(await shared.end(record, () => this.#isQuiet(record)))) continue
        engine.registry.remove(record)
        await engine.broker.forget(record.key)
        yield record
      }
    } finally {
      this.#isRunning = false
    }
  }

  #hasMembers({ name, key }: ChannelRecord): boolean {
    const { hub } = this.#parts
    return (name === '' ? hub.roomMembersOf(key) : hub.membersOf(key)).size > 0
  }

  /** Whether what was published last, on whatever node, is older than the grace, and nobody has joined here. */
  async #isQuiet(record: ChannelRecord): Promise<boolean> {
    const { broker, registry, clock } = this.#parts.engine
    const { publications } = await broker.read(record.key, { limit: 1, keep: 'newest' })
    record.lastActivityMs = Math.max(record.lastActivityMs, publications[0]?.timestampMs ?? 0)
    return clock.now() - record.lastActivityMs >= registry.emptyGraceMs && !this.#hasMembers(record)
  }
}
