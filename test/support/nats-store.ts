import { pino } from 'pino'
import { Link } from '../../src/broker/nats/link.ts'
import { type Clock, createSystemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import type { StoreLimits } from '../../src/store/limits.ts'
import { type Subjects, VALUES } from '../../src/store/nats/subjects.ts'
import { createNatsStore } from '../../src/store/nats.ts'
import type { Store } from '../../src/store/store.ts'

const { config } = loadConfig({ env: {} })
const log = pino({ level: 'silent' })

/** A store of one node, not open yet. The clock is the real one: the other end is a real server. */
export function makeNatsStore(
  url: string,
  limits: Partial<StoreLimits> = {},
  clock: Clock = createSystemClock(),
  connectTimeoutMs = 10_000,
  subjects: Subjects = VALUES
): Store {
  return createNatsStore({
    subjects,
    clock,
    limits: { ...config, ...limits },
    log,
    random: Math.random,
    replicas: 1,
    persist: work => work(),
    connect: () => Link.open({ servers: [url], creds: undefined, name: 'test', clock, connectTimeoutMs, log })
  })
}
