import { Link } from '../broker/nats/link.ts'
import { persist } from '../broker/nats/persist.ts'
import { createNatsStore, type NatsStoreOptions } from '../store/nats.ts'
import type { Store } from '../store/store.ts'

/** What a store of the cluster is made of. */
export interface ClusterStoreOptions extends Pick<NatsStoreOptions, 'subjects' | 'clock' | 'limits' | 'log'> {
  /** What its connection is for, as it is called in the servers' lists beside the name of the node. */
  readonly purpose: string
  /** How the servers are reached; the names are those of the configuration. */
  readonly settings: {
    readonly natsUrl: string
    readonly natsCreds?: string | undefined
    readonly natsReplicas: string
    readonly nodeName: string
  }
}

/** How long the first connection may take, and how long the servers may take to serve it. */
const CONNECT_MS = 20_000

/** A store in a bucket of NATS, not open yet. It has a connection of its own: neither it nor the broker waits for what the other sends. */
export function createClusterStore({ purpose, settings, ...parts }: ClusterStoreOptions): Store {
  const { clock, log } = parts
  const { natsUrl, natsCreds, natsReplicas, nodeName } = settings
  return createNatsStore({
    ...parts,
    random: Math.random,
    replicas: Number(natsReplicas),
    persist: work => persist(clock, CONNECT_MS, work),
    connect: () =>
      Link.open({
        servers: natsUrl.split(',').map(server => server.trim()),
        creds: natsCreds,
        name: `${nodeName} ${purpose}`,
        connectTimeoutMs: CONNECT_MS,
        clock,
        log
      })
  })
}
