import { counter, gauge, type MetricRow } from './metrics-row.ts'

/** What carries the messages: the probe of every engine, and the way to one outside of the process. */
export const engineRows: readonly MetricRow[] = [
  gauge(
    'broker_probe_duration_seconds',
    'Time of the last way through the engine and back',
    ({ probe }) => probe.lastSeconds
  ),
  gauge('broker_probe_age_seconds', 'Time since the engine last answered', ({ probe }) => probe.ageSeconds),
  counter(
    'broker_probe_failures_total',
    'Probes that the engine answered with an error',
    ({ probe }) => probe.failures
  ),
  gauge(
    'broker_round_trip_seconds',
    'Time until NATS had stored the latest message',
    ({ engine }) => (engine?.roundTripMs ?? 0) / 1000
  ),
  counter(
    'broker_reconnects_total',
    'Times that the connection to NATS came back',
    ({ engine }) => engine?.reconnects ?? 0
  ),
  gauge('broker_in_flight', 'Messages that NATS has not confirmed yet', ({ engine }) => engine?.inFlight ?? 0),
  counter(
    'broker_gaps_total',
    'Gaps in what came from NATS, by outcome: filled before anybody saw them (mended), or members sent away (lost)',
    ({ engine }) => [
      { value: engine?.gapsMended ?? 0, labels: { outcome: 'mended' } },
      { value: engine?.gapsLost ?? 0, labels: { outcome: 'lost' } }
    ]
  ),
  gauge('broker_peers', 'Other processes that carry the bus with this one', ({ engine }) => engine?.peers ?? 0)
]
