import { pino } from 'pino'
import { Link } from '../../src/broker/nats/link.ts'
import { type Clock, createSystemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import type { StoreLimits } from '../../src/store/limits.ts'
import { VALUES } from '../../src/store/nats/subjects.ts'
import { createNatsStore, type NatsStoreOptions } from '../../src/store/nats.ts'
import type { Store } from '../../src/store/store.ts'

const { config } = loadConfig({ env: {} })
const log = pino({ level: 'silent' })

/** On a busy machine a server may stand still for a while. */
const PATIENCE_MS = 30_000

/** A store of one node, not open yet. The clock is the real one, and answers may take long: the other end is a real server. */
export function makeNatsStore(
  url: string,
  limits: Partial<StoreLimits> = {},
  clock: Clock = createSystemClock(),
  changes: Partial<NatsStoreOptions> = {},
  connectTimeoutMs = 10_000
): Store {
  return createNatsStore({
    subjects: VALUES,
    clock,
    limits: { ...config, ...limits },
    log,
    random: Math.random,
    replicas: 1,
    answerMs: PATIENCE_MS,
    persist: work => work(),
    connect: () => Link.open({ servers: [url], creds: undefined, name: 'test', clock, connectTimeoutMs, log }),
    ...changes
  })
}
