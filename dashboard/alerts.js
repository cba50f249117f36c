import { growthOf, quantileOf, rateOf, sumOf } from './samples.js'

const INTERNAL = ['INTERNAL_ERROR', 'EXECUTION_ERROR']
const value =
  (family, fits) =>
  ({ last }) =>
    sumOf(last, family, fits)
const rate = (family, seconds, fits) => samples => rateOf(samples.last, samples.before(seconds), family, fits) ?? 0
const growth = (family, seconds, fits) => samples => growthOf(samples.last, samples.before(seconds), family, fits) ?? 0
const share =
  (part, whole, least = 0) =>
  samples => {
    const all = whole(samples)
    return all > least ? part(samples) / all : 0
  }
const starts = ({ list, last }) =>
  list.filter(
    ({ at, values }, index) =>
      at > last.at - 1800 &&
      index > 0 &&
      values.arqonbus_uptime_seconds < list[index - 1].values.arqonbus_uptime_seconds
  ).length
const largest = (family, seconds, label, fits) => samples => {
  const series = samples.last.values[family] ?? []
  const names = new Set(series.filter(fits).map(entry => entry[label]))
  return Math.max(0, ...[...names].map(name => rate(family, seconds, entry => entry[label] === name)(samples)))
}

/**
 * The alerts of `deploy/prometheus/alerts.yml` but for the one of a server that does not answer: `[name, tile, measure, limit, seconds
 * for which it has to be over the limit, what it means]`.
 */
const rules = [
  ['ArqonBusRestarts', 'uptime', starts, 2, 0, 'The server starts again and again'],
  ['ArqonBusDrainHangs', 'uptime', value('arqonbus_draining'), 0, 120, 'The server does not come to an end'],
  ['ArqonBusEngineDown', 'delivery', value('arqonbus_broker_probe_age_seconds'), 15, 30, 'The engine does not answer'],
  [
    'ArqonBusEngineUnsteady',
    'delivery',
    growth('arqonbus_broker_reconnects_total', 1800),
    3,
    0,
    'The connection to NATS is lost again and again'
  ],
  [
    'ArqonBusGapsLost',
    'delivery',
    growth('arqonbus_broker_gaps_total', 600, ({ outcome }) => outcome === 'lost'),
    0,
    0,
    'Members were sent away, since messages could not be had any more'
  ],
  [
    'ArqonBusInternalErrors',
    'refusals',
    growth('arqonbus_refusals_total', 600, ({ code }) => INTERNAL.includes(code)),
    0,
    0,
    'Requests fail for a reason that nobody foresaw'
  ],
  [
    'ArqonBusEventLoopSlow',
    'loop',
    value('arqonbus_event_loop_delay_p99_seconds'),
    0.2,
    300,
    'The event loop is held up'
  ],
  [
    'ArqonBusSaturated',
    'loop',
    rate('arqonbus_event_loop_active_seconds_total', 300),
    0.9,
    600,
    'The processor is at its end'
  ],
  [
    'ArqonBusSlowDelivery',
    'delivery',
    samples => quantileOf(0.99, samples.last, samples.before(300), 'arqonbus_publish_deliver_duration_seconds') ?? 0,
    0.25,
    600,
    'Messages arrive late'
  ],
  [
    'ArqonBusConnectionsNearLimit',
    'clients',
    share(value('arqonbus_active_connections'), value('arqonbus_connections_max')),
    0.85,
    300,
    'The server is almost full'
  ],
  [
    'ArqonBusHandshakesRefused',
    'clients',
    rate('arqonbus_handshakes_refused_total', 120, ({ code }) => code === 'OVERLOADED'),
    0,
    120,
    'Clients are turned away'
  ],
  [
    'ArqonBusHeapNearLimit',
    'memory',
    share(value('arqonbus_heap_used_bytes'), value('arqonbus_heap_max_bytes')),
    0.85,
    300,
    'Memory runs out'
  ],
  ['ArqonBusGarbage', 'memory', rate('arqonbus_gc_seconds_total', 300), 0.1, 600, 'Much time goes into garbage'],
  ['ArqonBusSlowConsumers', 'clients', rate('arqonbus_slow_consumers_total', 300), 0.1, 300, 'Clients do not read'],
  [
    'ArqonBusOutboundBacklog',
    'messages',
    share(value('arqonbus_outbound_bytes'), value('arqonbus_outbound_max_bytes')),
    0.5,
    120,
    'Much waits in the sockets'
  ],
  [
    'ArqonBusDropped',
    'messages',
    largest('arqonbus_dropped_total', 300, 'reason', ({ reason }) => reason !== 'slow_consumer'),
    0,
    300,
    'What cannot be delivered is dropped'
  ],
  [
    'ArqonBusRefusals',
    'refusals',
    share(
      rate('arqonbus_refusals_total', 300, ({ door }) => door !== 'http'),
      rate('arqonbus_messages_received_total', 300),
      1
    ),
    0.1,
    600,
    'Much of what clients send is refused'
  ],
  [
    'ArqonBusRateLimited',
    'refusals',
    rate('arqonbus_refusals_total', 300, ({ code }) => code === 'RATE_LIMITED'),
    1,
    600,
    'Clients send faster than they may'
  ],
  [
    'ArqonBusAuthenticationFailures',
    'refusals',
    rate('arqonbus_authentication_failures_total', 300),
    1,
    300,
    'Many tokens are refused'
  ],
  [
    'ArqonBusRecoveriesFail',
    'clients',
    share(
      rate('arqonbus_recoveries_total', 600, ({ outcome }) => outcome === 'not_recovered'),
      rate('arqonbus_recoveries_total', 600),
      0.1
    ),
    0.5,
    600,
    'Clients cannot recover what they missed'
  ],
  [
    'ArqonBusInspectionFails',
    'casil',
    growth('arqonbus_casil_decisions_total', 600, ({ reason }) => reason === 'CASIL_INTERNAL_ERROR'),
    0,
    0,
    'Not everything can be inspected'
  ],
  [
    'ArqonBusWebhooksFail',
    'webhooks',
    share(
      rate('arqonbus_webhook_deliveries_total', 600, ({ outcome }) => outcome === 'failed'),
      rate('arqonbus_webhook_deliveries_total', 600, ({ outcome }) => ['delivered', 'failed'].includes(outcome))
    ),
    0.5,
    600,
    'Webhooks fail'
  ],
  [
    'ArqonBusWebhookQueueGrows',
    'webhooks',
    value('arqonbus_webhook_queue_deliveries'),
    500,
    600,
    'Webhook deliveries pile up'
  ],
  [
    'ArqonBusHttpErrors',
    'refusals',
    share(
      rate('arqonbus_http_requests_total', 300, ({ status }) => status === '5xx'),
      rate('arqonbus_http_requests_total', 300)
    ),
    0.2,
    600,
    'HTTP fails'
  ]
].map(([name, tile, measure, limit, seconds, words]) => ({ name, tile, measure, limit, seconds, words }))

/** Which alerts would fire, by what is known of the last half hour. */
export class Alerts {
  static rules = rules
  /** Map( name of the alert -> since when it is over its limit ) */
  #since = new Map()

  /** Looks at the newest sample. Returns the rules that fire. */
  check(samples) {
    const { at } = samples.last
    return rules.filter(({ name, measure, limit, seconds }) => {
      if (!(measure(samples) > limit)) {
        this.#since.delete(name)
        return false
      }
      if (!this.#since.has(name)) this.#since.set(name, at)
      return at - this.#since.get(name) >= seconds
    })
  }
}
