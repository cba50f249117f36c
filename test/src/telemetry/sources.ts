import type { ErrorCode } from '../../../src/errors.ts'
import { Counts } from '../../../src/structures/counts.ts'
import type { MetricSources } from '../../../src/telemetry/metrics-sources.ts'

/** Sources in which every number is another one. */
export function makeSources(parts: Partial<MetricSources> = {}): MetricSources {
  return {
    version: '1.2.3',
    uptimeSeconds: 14.5,
    bus: {
      hub: { size: 1, deliveredCount: 4 },
      tallies: { total: { accepted: 2, messages: 6 } },
      receivedCount: 5,
      refusedCount: 7,
      duplicateCount: 16,
      refusals: countsOf<ErrorCode>({ VALIDATION_ERROR: 2, RATE_LIMITED: 1 }),
      roster: { slowConsumerCount: 8, outboundBytes: 9, closes: countsOf({ 1000: 3, other: 1 }) },
      channels: { recoveries: countsOf({ recovered: 2 }) },
      commands: {
        refusals: countsOf<ErrorCode>({ NOT_FOUND: 1 }),
        counts: () => [
          { name: 'op.history.get', executions: 3, failures: 1 },
          { name: 'ping', executions: 2, failures: 0 }
        ]
      },
      isDraining: false,
      isUnderPressure: true
    },
    connections: 3,
    limits: { maxConnections: 17, maxOutboundTotalBytes: 18, maxHistoryTotalBytes: 19 },
    world: { rooms: 12, channels: 13 },
    history: { messages: 10, bytes: 11 },
    decisions: [
      { decision: 'ALLOW', reason: 'CASIL_POLICY_ALLOWED', count: 4 },
      { decision: 'BLOCK', reason: 'CASIL_POLICY_OVERSIZE', count: 1 }
    ],
    probe: { lastSeconds: 0.002, ageSeconds: 20, failures: 21 },
    engine: { roundTripMs: 41, reconnects: 42, inFlight: 43, gapsMended: 44, gapsLost: 45, peers: 46 },
    runtime: {
      memory: { rss: 15, heapUsed: 22, heapTotal: 23, external: 24, arrayBuffers: 0 },
      heapLimitBytes: 25,
      cpu: { userSeconds: 26.5, systemSeconds: 27.5 },
      handles: 28,
      loop: {
        activeSeconds: 29,
        utilization: 0.5,
        delayP50Seconds: 0.001,
        delayP99Seconds: 0.01,
        delayMaxSeconds: 0.1
      },
      collections: [{ kind: 'minor', runs: 30, seconds: 0.3 }]
    },
    webhooks: { queued: 31, inFlight: 32, outcomes: [{ outcome: 'dropped', count: 33 }] },
    cron: { jobs: 34, fired: 35, claimsLost: 47 },
    store: { keys: 36, bytes: 37 },
    telemetry: { connections: 38, sent: 39, dropped: 40 },
    ...parts
  }
}

function countsOf<Key extends string>(numbers: Partial<Record<Key, number>>): Counts<Key> {
  const counts = new Counts<Key>()
  for (const [key, count] of Object.entries<number>(numbers as Record<Key, number>)) {
    for (let index = 0; index < count; index++) counts.add(key as Key)
  }
  return counts
}
