import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ALL } from '../../src/auth/capabilities.ts'
import type { Identity } from '../../src/auth/identity.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { createMemoryBroker } from '../../src/broker/memory.ts'
import { Bus, type BusLimits, type BusOptions } from '../../src/bus/bus.ts'
import type { Connection } from '../../src/bus/connection.ts'
import { type BusEvent, createBusEvents } from '../../src/bus/events.ts'
import { Gate } from '../../src/bus/gate.ts'
import { createIncidents, type Incident } from '../../src/bus/incidents.ts'
import { defaultPolicy, type Policy } from '../../src/casil/policy.ts'
import { secretRules } from '../../src/casil/rules/index.ts'
import { table } from '../../src/commands/index.ts'
import { loadConfig } from '../../src/config.ts'
import { createIds } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'
import { Registry, type RegistryOptions } from '../../src/rooms/registry.ts'
import { seedsOf } from '../../src/rooms/seed.ts'
import type { OpenRecords } from '../../src/structures/records.ts'
import type { ServerFrame } from '../helper.ts'
import { FakeClock } from './clock.ts'
import { FakeTransport } from './transport.ts'

const { config } = loadConfig({ env: {} })

/** The defaults of the configuration. */
export const defaultLimits: BusLimits = {
  ...config,
  json: {
    depth: config.maxJsonDepth,
    keysPerObject: config.maxJsonKeys,
    nodes: config.maxJsonNodes,
    keyBytes: config.maxJsonKeyBytes
  }
}

/** What a test wants to be different. */
export interface StageOptions {
  readonly limits?: Partial<BusLimits>
  readonly registry?: Partial<RegistryOptions>
  /** What the bus meets instead of some methods of its memory broker. */
  readonly broker?: (memory: Broker) => Partial<Broker>
  /** What contents are inspected by; nothing is inspected unless it says so. */
  readonly policy?: Partial<Policy>
  /** What the bus has in common with other nodes. */
  readonly records?: (clock: FakeClock) => OpenRecords
  readonly random?: () => number
  readonly observeRouting?: BusOptions['observeRouting']
}

/** One client of a {@link BusStage}. */
export interface Peer {
  readonly transport: FakeTransport
  readonly connection: Connection
  readonly id: string
  /** Every frame written to it after the welcome. */
  readonly frames: ServerFrame[]
  /** Sends one frame and lets the turn end. */
  say(frame: object | string): void
  /** The same, and returns all that was written meanwhile. */
  ask(frame: object | string): ServerFrame[]
  /** Runs a command and returns the response, once all work is done. */
  command(name: string, args?: object): Promise<ServerFrame>
  /** Joins a channel, given as "room:channel". */
  join(address: string, args?: object): Promise<ServerFrame>
  /** The frames from other clients. */
  received(): ServerFrame[]
}

/** A real bus on a clock that stands still, with turns of the event loop that end when the test says so. */
export class BusStage {
  readonly clock = new FakeClock()
  readonly log: Record<string, unknown>[] = []
  readonly broker: Broker
  readonly registry: Registry
  readonly gate: Gate
  /** What whoever watches was told. */
  readonly events: BusEvent[] = []
  /** What operators may have to look for. */
  readonly incidents: Incident[] = []
  readonly bus: Bus
  #deferred: (() => void)[] = []

  constructor(options: StageOptions = {}) {
    const { clock } = this
    const limits = { ...defaultLimits, ...options.limits }
    const ids = createIds(clock, randomBytes)
    const memory = createMemoryBroker({ clock, ids, limits: historyLimits })
    this.broker = options.broker ? overlay(memory, options.broker(memory)) : memory
    this.registry = new Registry({
      clock,
      seeds: seedsOf({ room: 'omega-lab', channel: 'signals' }),
      isAutoCreating: true,
      emptyGraceMs: config.emptyChannelGraceMs,
      maxRoomsPerTenant: config.maxRoomsPerTenant,
      maxChannelsPerRoom: config.maxChannelsPerRoom,
      maxChannels: config.maxChannels,
      ...options.registry
    })
    const log = createLogger(
      { logLevel: 'debug', pretty: false },
      { write: line => void this.log.push(JSON.parse(line)) }
    )
    const events = createBusEvents()
    events.on(event => void this.events.push(event))
    const incidents = createIncidents()
    incidents.on(incident => void this.incidents.push(incident))
    this.gate = new Gate({
      policy: { ...defaultPolicy, ...options.policy },
      rules: secretRules,
      clock,
      log,
      emit: event => events.emit(event)
    })
    this.bus = new Bus({
      broker: this.broker,
      gate: this.gate,
      events,
      incidents,
      registry: this.registry,
      clock,
      ids,
      log,
      limits,
      records: options.records?.(clock),
      defer: run => void this.#deferred.push(run),
      random: options.random ?? (() => 0.5),
      node: 'node-1',
      welcome: { protocol: '1.0', limits: {}, features: [] },
      observeRouting: options.observeRouting ?? (() => {})
    })
    this.bus.commands.add(this.bus, ...table.bus)
    this.bus.commands.add(this.gate, ...table.casil)
  }

  /** Ends the turn: what is queued is written. */
  turn(): void {
    for (const run of this.#deferred.splice(0)) run()
  }

  /** Lets all work that waits for promises finish, and ends the turn. */
  async settle(): Promise<void> {
    await nextTurn()
    this.turn()
  }

  /** Lets time pass in steps, with all work done after each. */
  async pass(ms: number, stepMs = 500): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed))
      await this.settle()
    }
  }

  /** Lets a client in. What the welcome costs is taken off the records. */
  connect(who: Partial<Identity> = {}): Peer {
    const transport = new FakeTransport()
    const connection = this.bus.attach(identityOf(who), transport)
    this.turn()
    transport.frames.length = 0
    transport.writes.length = 0
    const stage = this
    let asked = 0
    return {
      transport,
      connection,
      id: connection.id,
      frames: transport.frames,
      say(frame) {
        transport.say(frame)
        stage.turn()
      },
      ask(frame) {
        const seen = transport.frames.length
        this.say(frame)
        return transport.frames.slice(seen)
      },
      async command(name, args = {}) {
        const id = `arq_ask-${++asked}`
        transport.say({ type: 'command', id, command: name, args })
        await stage.settle()
        const answers = transport.frames.filter(frame => frame.request_id === id)
        if (answers.length !== 1) throw new Error(`${answers.length} answers to ${name}`)
        return answers[0] as ServerFrame
      },
      async join(address, args = {}) {
        const response = await this.command('join_channel', { channel_id: address, ...args })
        if (response.status !== 'success') throw new Error(`not joined: ${JSON.stringify(response)}`)
        return response
      },
      received: () => transport.frames.filter(frame => frame.sender !== 'arqonbus')
    }
  }
}

const historyLimits = {
  historyCount: 500,
  historyBytesPerChannel: config.maxHistoryBytesPerChannel,
  historyAgeMs: config.maxHistoryAgeMs,
  historyTotalBytes: config.maxHistoryTotalBytes,
  duplicateWindowMs: config.duplicateWindowMs,
  duplicateWindowIds: config.duplicateWindowIds,
  duplicateWindowTotalIds: config.duplicateWindowTotalIds
}

/** A started bus that is closed when the test ends. */
export async function setBus(t: TestContext, options: StageOptions = {}): Promise<BusStage> {
  const stage = new BusStage(options)
  await stage.bus.start()
  t.after(async () => {
    await stage.bus.close()
    stage.gate.close()
  })
  return stage
}

/** Somebody without a token, unless said otherwise. */
export function identityOf(parts: Partial<Identity> = {}): Identity {
  return {
    subject: undefined,
    role: 'user',
    tenant: 'default',
    capabilities: ALL,
    expiresAtMs: undefined,
    clientType: 'human',
    ...parts
  }
}

function overlay(broker: Broker, changes: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get(target, name) {
      const value = changes[name as keyof Broker] ?? target[name as keyof Broker]
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
