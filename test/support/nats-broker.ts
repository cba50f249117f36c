import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { Broker } from '../../src/broker/broker.ts'
import { createNatsBroker, type NatsBrokerLimits, type NatsBrokerOptions } from '../../src/broker/nats/broker.ts'
import { createSystemClock } from '../../src/clock.ts'
import { createIds } from '../../src/ids.ts'

/** What a broker keeps unless a test says otherwise. */
export const natsDefaults: NatsBrokerLimits = {
  historyCount: 500,
  historyBytesPerChannel: 1_048_576,
  historyAgeMs: 86_400_000,
  historyTotalBytes: 134_217_728,
  duplicateWindowMs: 120_000,
  replicas: 1
}

/** A broker of one node, not open yet. The clock is the real one: the other end is a real server. */
export function makeNatsBroker(
  url: string,
  limits: Partial<NatsBrokerLimits> = {},
  changes: Partial<NatsBrokerOptions> = {}
): Broker {
  const clock = createSystemClock()
  return createNatsBroker({
    servers: [url],
    creds: undefined,
    name: 'test',
    clock,
    ids: createIds(clock, randomBytes),
    log: pino({ level: 'silent' }),
    limits: { ...natsDefaults, ...limits },
    ...changes
  })
}
