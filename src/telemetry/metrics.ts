import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The numbers of the moment, read when somebody asks. Hot code keeps plain counters only [performance.md]. */
export interface MetricValues {
  readonly clients: number
  readonly accepted: number
  readonly connections: number
  readonly delivered: number
  readonly received: number
  readonly published: number
  readonly refused: number
  readonly slowConsumers: number
  readonly outboundBytes: number
  readonly historyMessages: number
  readonly historyBytes: number
  readonly rooms: number
  readonly channels: number
  readonly uptimeSeconds: number
  readonly memoryBytes: number
  readonly decisions: readonly { readonly decision: string; readonly reason: string; readonly count: number }[]
  readonly commands: readonly { readonly name: string; readonly executions: number; readonly failures: number }[]
}

/** The metrics of one process. */
export interface Metrics {
  readonly contentType: string
  /** HTTP requests answered since the start. */
  readonly requestCount: number
  /** Prometheus text. */
  text(): Promise<string>
  /** The same as an object, by name. */
  json(): Promise<Record<string, unknown>>
  observeRouting(seconds: number): void
  observeRequest(status: number, seconds: number): void
}

type NumberKey = { [K in keyof MetricValues]: MetricValues[K] extends number ? K : never }[keyof MetricValues]
type Row = readonly [kind: 'counter' | 'gauge', name: string, value: NumberKey, help: string]

/** Everything that is one number. No label comes from a client [limits.md, Limits]. */
const rows: readonly Row[] = [
  ['gauge', 'active_clients', 'clients', 'Clients that take part'],
  ['gauge', 'active_connections', 'connections', 'Connections that hold a place'],
  ['gauge', 'websocket_connections', 'connections', 'Open WebSocket connections'],
  ['counter', 'connections_accepted_total', 'accepted', 'Connections accepted since the start'],
  ['counter', 'messages_received_total', 'received', 'Frames received from clients'],
  ['counter', 'messages_published_total', 'published', 'Messages that passed all stages'],
  ['counter', 'messages_sent_total', 'delivered', 'Messages delivered to clients, each receiver counted'],
  ['counter', 'errors_total', 'refused', 'Error frames sent to clients'],
  ['counter', 'slow_consumers_total', 'slowConsumers', 'Connections closed because the client did not read'],
  ['gauge', 'outbound_bytes', 'outboundBytes', 'Bytes that wait in sockets'],
  ['gauge', 'history_messages', 'historyMessages', 'Messages held in history'],
  ['gauge', 'history_bytes', 'historyBytes', 'Bytes held in history'],
  ['gauge', 'rooms_total', 'rooms', 'Rooms of all tenants'],
  ['gauge', 'channels_total', 'channels', 'Channels of all tenants'],
  ['gauge', 'uptime_seconds', 'uptimeSeconds', 'Seconds since the start'],
  ['gauge', 'memory_usage_bytes', 'memoryBytes', 'Resident memory of the process']
]

const PREFIX = 'arqonbus_'

/** Makes the metrics of the process. `read` is called once per metric and scrape. */
export function createMetrics(read: () => MetricValues): Metrics {
  const registry = new Registry()
  const registers = [registry]

  for (const [kind, name, value, help] of rows) {
    const options = { name: PREFIX + name, help, registers }
    if (kind === 'gauge') {
      new Gauge({
        ...options,
        collect: function () {
          this.set(read()[value])
        }
      })
    } else {
      new Counter({
        ...options,
        collect: function () {
          this.reset()
          this.inc(read()[value])
        }
      })
    }
  }
  new Counter({
    name: `${PREFIX}casil_decisions_total`,
    help: 'Contents inspected, by decision and reason',
    labelNames: ['decision', 'reason'],
    registers,
    collect() {
      this.reset()
      for (const { decision, reason, count } of read().decisions) this.inc({ decision, reason }, count)
    }
  })
  addCommandCounter('command_executions_total', 'Commands run, by name', 'executions')
  addCommandCounter('command_failures_total', 'Commands refused or failed, by name', 'failures')

  const routing = new Histogram({
    name: `${PREFIX}message_routing_duration_seconds`,
    help: 'Time a message takes through all stages, into the outboxes of its receivers',
    buckets: [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1],
    registers
  })
  const requests = new Counter({
    name: `${PREFIX}http_requests_total`,
    help: 'HTTP requests, by class of status',
    labelNames: ['status'],
    registers
  })
  const requestSeconds = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Time an HTTP request takes',
    registers
  })

  function addCommandCounter(name: string, help: string, value: 'executions' | 'failures'): void {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: ['command'],
      registers,
      collect() {
        this.reset()
        for (const command of read().commands) this.inc({ command: command.name }, command[value])
      }
    })
  }

  let requestCount = 0
  return {
    contentType: registry.contentType,
    get requestCount() {
      return requestCount
    },
    text: () => registry.metrics(),
    async json() {
      const metrics = await registry.getMetricsAsJSON()
      return Object.fromEntries(metrics.flatMap(({ name, values }) => namedValues(name, values)))
    },
    observeRouting: seconds => routing.observe(seconds),
    observeRequest(status, seconds) {
      requestCount++
      requests.inc({ status: `${Math.trunc(status / 100)}xx` })
      requestSeconds.observe(seconds)
    }
  }
}

interface Sample {
  readonly value: number
  readonly labels: object
  /** What the sample is called in the text, where that is not the name of the metric: parts of a histogram. */
  readonly metricName?: string
}

/** The values of one metric, by the names that they have in the text. */
function namedValues(name: string, samples: readonly Sample[]): [name: string, value: unknown][] {
  const names = samples.length === 0 ? [name] : new Set(samples.map(({ metricName }) => metricName ?? name))
  return [...names].map(one => [one, simplify(samples.filter(({ metricName }) => (metricName ?? name) === one))])
}

function simplify(samples: readonly Sample[]): unknown {
  const [first] = samples
  const isPlain = samples.length === 1 && first && Object.keys(first.labels).length === 0
  return isPlain ? first.value : samples.map(({ value, labels }) => ({ ...labels, value }))
}
