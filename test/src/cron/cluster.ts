import type { TestContext } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createRecords, RECORD_LIMITS } from '../../../src/store/records.ts'
import type { RecordListener, RecordOptions, Records } from '../../../src/structures/records.ts'
import { FakeClock } from '../../support/clock.ts'
import { CronStage, type Firing, type StageOptions } from './stage.ts'

/** Records as one node has them: it can be cut off, stand still, or get its answers late. */
export class NodeRecords implements Records {
  readonly #records: Records
  readonly #backlog: (() => void)[] = []
  isAway = false
  isPaused = false
  /** Calls of `update`. */
  updates = 0
  /** What answers of `update` wait for. */
  answers: () => Promise<void> = async () => {}

  constructor(records: Records) {
    this.#records = records
  }

  follow(take: RecordListener): Promise<void> {
    return this.#records.follow((id, text) => {
      if (this.isPaused) this.#backlog.push(() => take(id, text))
      else take(id, text)
    })
  }

  async create(id: string, text: string, options?: RecordOptions): Promise<boolean> {
    this.#require()
    return this.#records.create(id, text, options)
  }

  async put(id: string, text: string, options?: RecordOptions): Promise<void> {
    this.#require()
    await this.#records.put(id, text, options)
  }

  async update(
    id: string,
    change: (text: string | undefined) => string | undefined,
    options?: RecordOptions
  ): Promise<boolean> {
    this.#require()
    this.updates++
    const isWritten = await this.#records.update(id, change, options)
    await this.answers()
    return isWritten
  }

  async delete(id: string): Promise<boolean> {
    this.#require()
    return this.#records.delete(id)
  }

  /** Learns of everything that was told while it stood still. */
  catchUp(): void {
    this.isPaused = false
    for (const tell of this.#backlog.splice(0)) tell()
  }

  #require(): void {
    if (this.isAway) throw new BusError('ENGINE_UNAVAILABLE')
  }
}

/** A scheduler of a cluster, with a clock of its own. */
export class Node extends CronStage {
  readonly records: NodeRecords
  isGone = false
  #missedMs = 0

  constructor(records: NodeRecords, options: StageOptions) {
    super({ ...options, records })
    this.records = records
  }

  /** Lets time pass for the others only. */
  pause(): void {
    this.records.isPaused = true
  }

  /** Lets time pass here, now or when it wakes. */
  tick(ms: number): void {
    if (this.records.isPaused) this.#missedMs += ms
    else if (!this.isGone) this.clock.advance(ms)
  }

  /** Goes on: first come the timers that are due by now, then what the cluster has told meanwhile. */
  async wake(): Promise<void> {
    this.clock.stall(this.#missedMs)
    this.#missedMs = 0
    await this.settle()
    this.records.catchUp()
    await this.settle()
  }

  /** Ends as a process does. */
  leave(): void {
    this.isGone = true
    this.scheduler.close()
  }
}

/** Nodes over one store. */
export class Cluster {
  readonly nodes: Node[] = []
  /** What is written under the ids of jobs. */
  readonly written = new Map<string, string>()
  readonly #clock = new FakeClock()
  readonly #store = createMemoryStore({ clock: this.#clock, limits: RECORD_LIMITS })
  readonly #open = createRecords(this.#store, 1000)

  async open(): Promise<void> {
    await this.#store.open()
    await this.records.follow((id, text) => {
      if (text === undefined) this.written.delete(id)
      else this.written.set(id, text)
    })
  }

  get records(): Records {
    return this.#open('cron')
  }

  /** Adds a node, whose clock may go ahead of that of the cluster. */
  async join(options: StageOptions & { readonly aheadMs?: number } = {}): Promise<Node> {
    const startMs = this.#clock.now() + (options.aheadMs ?? 0)
    const node = new Node(new NodeRecords(this.records), { startMs, ...options })
    this.nodes.push(node)
    await node.scheduler.follow()
    return node
  }

  /** Lets time pass in steps, on every node in turn. */
  async pass(ms: number, stepMs: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.#clock.advance(stepMs)
      for (const node of this.nodes) node.tick(stepMs)
      await this.settle()
    }
  }

  async settle(): Promise<void> {
    for (const node of this.nodes) await node.settle()
  }

  /** What was fired anywhere, in the order of the iterations. */
  get firings(): Firing[] {
    return this.nodes.flatMap(node => node.firings).sort((one, other) => one.iteration - other.iteration)
  }

  get iterations(): number[] {
    return this.firings.map(({ iteration }) => iteration)
  }

  close(): void {
    for (const node of this.nodes) node.leave()
  }
}

/** A cluster of so many nodes that ends with the test. */
export async function setCluster(t: TestContext, count: number, options: StageOptions = {}): Promise<Cluster> {
  const cluster = new Cluster()
  await cluster.open()
  t.after(() => cluster.close())
  for (let at = 0; at < count; at++) await cluster.join(options)
  return cluster
}

/** The whole numbers from 1. */
export function countTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1)
}
