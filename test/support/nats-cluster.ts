import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { findNatsProgram } from './nats-program.ts'
import { NatsServer } from './nats-server.ts'
import { freePorts } from './ports.ts'
import { until } from './until.ts'

/** What three replicas need [cluster.md]. */
const LEAST_VERSION = '2.10.0'
const SIZE = 3
const ASK_MS = 1_000
const MAX_TRIES = 5
/** How long new servers may take to become a cluster. It takes them a second or two. */
const FORMING_MS = 15_000

/** How to start a cluster. */
export interface NatsClusterOptions {
  /** Folders in which the servers keep their things, one each; that of the system unless told. */
  readonly parents?: readonly string[]
  /** Further options of every server. */
  readonly options?: readonly string[]
}

/**
 * Three NATS servers that are one cluster, each with a folder of its own; a single one where the program at hand is too old for
 * three replicas. All ends with the test.
 */
export class NatsCluster {
  readonly servers: readonly NatsServer[]
  readonly version: string

  private constructor(servers: readonly NatsServer[], version: string) {
    this.servers = servers
    this.version = version
  }

  static async start(t: TestContext, options: NatsClusterOptions = {}): Promise<NatsCluster> {
    const program = findNatsProgram(LEAST_VERSION)
    const { path, version } = program ?? findNatsProgram()
    for (let tries = 1; ; tries++) {
      const servers = await startAll(t, path, program === undefined ? 1 : SIZE, options)
      const cluster = new NatsCluster(servers, version)
      await cluster.ready()
      if (await cluster.#isFormed()) return cluster
      if (tries === MAX_TRIES) throw new Error(`no stream finds a place on ${cluster.words}`)
      await Promise.all(servers.map(server => server.remove()))
    }
  }

  /** Servers that hold each message. */
  get replicas(): number {
    return this.servers.length
  }

  get urls(): string {
    return this.servers.map(({ url }) => url).join(',')
  }

  /** What was run, in words for a report. */
  get words(): string {
    const { replicas, version } = this
    return replicas === 1 ? `one nats-server ${version}, R1` : `${replicas} nats-servers ${version}, R${replicas}`
  }

  /** The server that leads a stream; without a name, that of all things about JetStream. Waits until there is one. */
  async leader(stream?: string): Promise<NatsServer> {
    if (this.replicas === 1) return this.servers[0] as NatsServer
    let found: NatsServer | undefined
    await until('there is a leader', async () => {
      found = this.#named(await this.#ask(stream))
      return found !== undefined
    })
    return found as NatsServer
  }

  /** All but one. */
  others(server: NatsServer): NatsServer[] {
    return this.servers.filter(other => other !== server)
  }

  /** Resolves when the cluster answers questions about JetStream. */
  async ready(): Promise<void> {
    await until('JetStream answers', async () => (await this.#ask()) !== undefined)
  }

  /**
   * Whether the servers have found together. New ones that connect to each other at the same moment take a route for a double one now
   * and then, and one of them is never told who leads: they will not be a cluster.
   */
  async #isFormed(): Promise<boolean> {
    const endMs = performance.now() + FORMING_MS
    while (performance.now() < endMs) {
      if (await this.#hasPlaces()) return true
      await pause(20)
    }
    return false
  }

  /** Whether the servers know enough of each other to give a stream all its replicas: for a while after the start they do not. */
  async #hasPlaces(): Promise<boolean> {
    const connection = await connect({ servers: this.servers.map(({ url }) => url), ignoreClusterUpdates: true })
    try {
      const { streams } = await jetstreamManager(connection)
      await streams.add({ name: 'READY', subjects: ['ready'], num_replicas: this.replicas })
      return await streams.delete('READY')
    } catch {
      return false
    } finally {
      await connection.close()
    }
  }

  #named(name: string | undefined): NatsServer | undefined {
    return name === undefined ? undefined : this.servers[Number(name.replace(/^\D+/, ''))]
  }

  /** The name of a leader, as whatever server is there knows it. */
  async #ask(stream?: string): Promise<string | undefined> {
    const servers = this.servers.map(({ url }) => url)
    try {
      const connection = await connect({ servers, timeout: ASK_MS, reconnect: false, ignoreClusterUpdates: true })
      try {
        const manager = await jetstreamManager(connection, { timeout: ASK_MS })
        if (stream !== undefined) return (await manager.streams.info(stream)).cluster?.leader
        await manager.getAccountInfo()
        return ''
      } finally {
        await connection.close()
      }
    } catch {
      return undefined
    }
  }
}

/** Starts servers that know each other. The ports of the routes are asked for beforehand; when another process was quicker, once more. */
async function startAll(
  t: TestContext,
  program: string,
  count: number,
  { parents = [], options = [] }: NatsClusterOptions
): Promise<NatsServer[]> {
  for (let tries = 1; ; tries++) {
    const ports = await freePorts(count)
    const routes = ports.map(port => `nats://127.0.0.1:${port}`)
    const clustered = (index: number): string[] =>
      count === 1
        ? []
        : [
            ...['--cluster_name', `arqonbus-${ports.join('-')}`, '-n', `nats-${index}`, '--no_advertise'],
            ...['--cluster', routes[index] ?? '', '--routes', routes.join(',')]
          ]
    const started = await Promise.allSettled(
      routes.map((_, index) => {
        const parent = parents[index]
        return NatsServer.start([...clustered(index), ...options], {
          program,
          ...(parent === undefined ? {} : { parent })
        })
      })
    )
    const servers = started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    for (const server of servers) t.after(() => server.remove())
    const [failure] = started.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
    if (failure === undefined) return servers
    if (tries === MAX_TRIES) throw failure
    await Promise.all(servers.map(server => server.remove()))
  }
}
