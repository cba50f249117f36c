import type { TestContext } from 'node:test'
import { BusError } from '../../src/errors.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createRecords, RECORD_LIMITS, RECORD_PAGE } from '../../src/store/records.ts'
import type { OpenRecords, RecordListener, Records } from '../../src/structures/records.ts'
import type { FakeClock } from './clock.ts'

/** What several nodes have in common, until the test ends: each of them opens it for itself. */
export async function openCommon(t: TestContext, clock: FakeClock): Promise<OpenRecords> {
  const store = createMemoryStore({ clock, limits: RECORD_LIMITS })
  await store.open()
  t.after(() => store.close())
  return createRecords(store, RECORD_PAGE)
}

/** The way of one node to what all have in common. It can be cut, and what was not told meanwhile is told when it is mended. */
export class RecordCable {
  readonly #open: OpenRecords
  readonly #untold: (() => void)[] = []
  #isCut = false

  constructor(open: OpenRecords) {
    this.#open = open
  }

  cut(): void {
    this.#isCut = true
  }

  mend(): void {
    this.#isCut = false
    for (const tell of this.#untold.splice(0)) tell()
  }

  /** The records as this node has them. */
  open(kind: string): Records {
    const records = this.#open(kind)
    return {
      follow: take => records.follow((id, text) => this.#tell(take, id, text)),
      create: (id, text, options) => this.#reach(() => records.create(id, text, options)),
      put: (id, text, options) => this.#reach(() => records.put(id, text, options)),
      update: (id, change, options) => this.#reach(() => records.update(id, change, options)),
      delete: id => this.#reach(() => records.delete(id))
    }
  }

  async #reach<T>(act: () => Promise<T>): Promise<T> {
    if (this.#isCut) throw new BusError('ENGINE_UNAVAILABLE')
    return act()
  }

  #tell(take: RecordListener, id: string, text: string | undefined): void {
    if (this.#isCut) this.#untold.push(() => take(id, text))
    else take(id, text)
  }
}
