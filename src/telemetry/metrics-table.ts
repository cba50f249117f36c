import { type ErrorCode, errorTable } from '../errors.ts'
import type { Counts } from '../structures/counts.ts'
import { counter, gauge, histogram, labelled, type MetricRow, type MetricSample, untyped } from './metrics-row.ts'
import { engineRows } from './metrics-table-engine.ts'
import { runtimeRows } from './metrics-table-runtime.ts'

/** Codes that somebody may want to be woken for stand there from the start: a rise from nothing is none to Prometheus. */
const watchedCodes = (Object.keys(errorTable) as ErrorCode[]).filter(code => errorTable[code].status >= 429)

/** What comes in and goes out. */
const trafficRows: readonly MetricRow[] = [
  gauge('active_clients', 'Clients that take part', ({ bus }) => bus.hub.size),
  gauge('active_connections', 'Connections that hold a place', ({ connections }) => connections),
  gauge('websocket_connections', 'Open WebSocket connections', ({ connections }) => connections),
  gauge('connections_max', 'Connections that the process takes at most', ({ limits }) => limits.maxConnections),
  counter(
    'connections_accepted_total',
    'Connections accepted since the start',
    ({ bus }) => bus.tallies.total.accepted
  ),
  counter('connections_closed_total', 'Connections that ended, by close code', ({ bus }) =>
    labelled('code', bus.roster.closes.list())
  ),
  counter(
    'handshakes_refused_total',
    'Handshakes that were refused, by error code',
    (_sources, { refusedHandshakes }) => labelled('code', refusedHandshakes.list())
  ),
  counter(
    'authentication_failures_total',
    'Requests and handshakes whose token was missing or refused',
    (_sources, observed) =>
      (['AUTH_REQUIRED', 'AUTH_INVALID'] as const).map(reason => ({
        value: observed.refusals.of(reason) + observed.refusedHandshakes.of(reason),
        labels: { reason }
      }))
  ),
  counter('messages_received_total', 'Frames received from clients', ({ bus }) => bus.receivedCount),
  counter('messages_published_total', 'Messages that passed all stages', ({ bus }) => bus.tallies.total.messages),
  counter(
    'messages_sent_total',
    'Messages delivered to clients, each receiver counted',
    ({ bus }) => bus.hub.deliveredCount
  ),
  counter('duplicates_total', 'Messages of clients that had been published before', ({ bus }) => bus.duplicateCount),
  counter('recoveries_total', 'Joins that asked for what they missed, by outcome', ({ bus }) =>
    (['recovered', 'not_recovered'] as const).map(outcome => ({
      value: bus.channels.recoveries.of(outcome),
      labels: { outcome }
    }))
  ),
  histogram(
    'message_routing_duration_seconds',
    'Time a message takes through all stages, into the outboxes of its receivers',
    ({ routing }) => routing
  ),
  histogram(
    'publish_deliver_duration_seconds',
    'Time from the decoded frame to the end of the turn in which all receivers of this process were written to; one message in 64',
    ({ delivery }) => delivery
  )
]

/** What is refused, dropped, and held back. */
const refusalRows: readonly MetricRow[] = [
  counter('errors_total', 'Error frames sent to clients', ({ bus }) => bus.refusedCount),
  counter(
    'refusals_total',
    'Frames, commands and HTTP requests that were refused, by error code',
    ({ bus }, observed) => [
      ...refusalsOf('frame', bus.refusals),
      ...refusalsOf('command', bus.commands.refusals),
      ...refusalsOf('http', observed.refusals)
    ]
  ),
  counter(
    'slow_consumers_total',
    'Connections closed because the client did not read',
    ({ bus }) => bus.roster.slowConsumerCount
  ),
  counter(
    'dropped_total',
    'What was given up because a receiver was too slow: connections (slow_consumer), deliveries (webhook_queue), events (telemetry_queue)',
    ({ bus, webhooks, telemetry }) => [
      { value: bus.roster.slowConsumerCount, labels: { reason: 'slow_consumer' } },
      {
        value: webhooks?.outcomes.find(({ outcome }) => outcome === 'dropped')?.count ?? 0,
        labels: { reason: 'webhook_queue' }
      },
      { value: telemetry?.dropped ?? 0, labels: { reason: 'telemetry_queue' } }
    ]
  ),
  gauge('outbound_bytes', 'Bytes that wait in sockets', ({ bus }) => bus.roster.outboundBytes),
  gauge(
    'outbound_max_bytes',
    'Bytes that may wait in all sockets, until the largest queues are closed',
    ({ limits }) => limits.maxOutboundTotalBytes
  )
]

/** What is held, and what the parts of the server do. */
const partRows: readonly MetricRow[] = [
  gauge('history_messages', 'Messages held in history', ({ history }) => history.messages),
  gauge('history_bytes', 'Bytes held in history', ({ history }) => history.bytes),
  gauge('history_max_bytes', 'Bytes that history may hold', ({ limits }) => limits.maxHistoryTotalBytes),
  untyped('rooms_total', 'Rooms of all tenants', ({ world }) => world.rooms),
  untyped('channels_total', 'Channels of all tenants', ({ world }) => world.channels),
  counter('command_executions_total', 'Commands run, by name', ({ bus }) =>
    bus.commands.counts().map(({ name, executions }) => ({ value: executions, labels: { command: name } }))
  ),
  counter('command_failures_total', 'Commands refused or failed, by name', ({ bus }) =>
    bus.commands.counts().map(({ name, failures }) => ({ value: failures, labels: { command: name } }))
  ),
  counter('casil_decisions_total', 'Contents inspected, by decision and reason', ({ decisions }) =>
    decisions.map(({ decision, reason, count }) => ({ value: count, labels: { decision, reason } }))
  ),
  histogram(
    'casil_inspection_duration_seconds',
    'Time one inspection of content takes; one in 16',
    ({ inspection }) => inspection
  ),
  ...engineRows,
  gauge('webhook_queue_deliveries', 'Webhook deliveries that wait', ({ webhooks }) => webhooks?.queued ?? 0),
  gauge('webhook_in_flight', 'Webhook requests under way', ({ webhooks }) => webhooks?.inFlight ?? 0),
  counter('webhook_deliveries_total', 'Webhook attempts and what was given up, by outcome', ({ webhooks }) =>
    (webhooks?.outcomes ?? []).map(({ outcome, count }) => ({ value: count, labels: { outcome } }))
  ),
  gauge('cron_jobs', 'Jobs that are scheduled', ({ cron }) => cron?.jobs ?? 0),
  counter('cron_fired_total', 'Firings of jobs', ({ cron }) => cron?.fired ?? 0),
  counter('cron_claims_lost_total', 'Firings that another process took', ({ cron }) => cron?.claimsLost ?? 0),
  gauge('store_keys', 'Keys stored by all tenants', ({ store }) => store?.keys ?? 0),
  gauge('store_bytes', 'Bytes stored by all tenants', ({ store }) => store?.bytes ?? 0),
  gauge('telemetry_connections', 'Connections to the telemetry socket', ({ telemetry }) => telemetry?.connections ?? 0),
  counter(
    'telemetry_events_sent_total',
    'Events sent to telemetry sockets, each counted',
    ({ telemetry }) => telemetry?.sent ?? 0
  ),
  gauge('idempotency_keys', 'Idempotency keys that are remembered', (_sources, { idempotencyKeys }) =>
    idempotencyKeys()
  ),
  counter('http_requests_total', 'HTTP requests, by method and class of status', (_sources, { requests }) =>
    requests.list().map(({ key, count }) => {
      const [method = '', status = ''] = key.split(' ')
      return { value: count, labels: { method, status } }
    })
  ),
  histogram('http_request_duration_seconds', 'Time an HTTP request takes', ({ requestSeconds }) => requestSeconds)
]

/** Every metric. No label comes from a client [limits.md, Limits]. */
export const metricRows: readonly MetricRow[] = [...trafficRows, ...refusalRows, ...partRows, ...runtimeRows]

function refusalsOf(door: string, counts: Counts<ErrorCode>): MetricSample[] {
  const others = counts.list().filter(({ key }) => !watchedCodes.includes(key))
  return labelled('code', [...watchedCodes.map(key => ({ key, count: counts.of(key) })), ...others], { door })
}
