import { Gauge, Registry } from 'prom-client'
import { Observed } from './metrics-observed.ts'
import type { MetricRow, MetricSample } from './metrics-row.ts'
import type { AnsweredRequest, MetricSources } from './metrics-sources.ts'
import { metricRows } from './metrics-table.ts'

/** The metrics of one process. */
export interface Metrics {
  readonly contentType: string
  /** HTTP requests answered since the start. */
  readonly requestCount: number
  /** Prometheus text. */
  text(): Promise<string>
  /** The same as an object, by name. */
  json(): Promise<Record<string, unknown>>
  /** Takes note of how long a message took through all stages. */
  observeRouting(seconds: number): void
  /** Takes note of how long a message took until all receivers were written to. */
  observeDelivery(seconds: number): void
  /** Takes note of how long an inspection of content took. */
  observeInspection(seconds: number): void
  observeRequest(request: AnsweredRequest): void
  /** Tells where the number of remembered idempotency keys is read: the door that keeps them is not known from outside. */
  watchIdempotencyKeys(read: () => number): void
}

const PREFIX = 'arqonbus_'

/**
 * Makes the metrics of the process. `read` is called once per scrape: hot code keeps plain numbers only, and nothing is computed
 * while nobody asks [performance.md].
 */
export function createMetrics(read: () => MetricSources): Metrics {
  const registry = new Registry()
  const observed = new Observed()
  let sources: MetricSources
  for (const row of metricRows) addMetric(registry, row, () => row.read(sources, observed))

  return {
    contentType: registry.contentType,
    get requestCount() {
      return observed.requestCount
    },
    text() {
      sources = read()
      return registry.metrics()
    },
    async json() {
      sources = read()
      const pairs = metricRows.flatMap(row => namedValues(PREFIX + row.name, samplesOf(row.read(sources, observed))))
      return Object.fromEntries(pairs)
    },
    observeRouting: seconds => observed.routing.observe(seconds),
    observeDelivery: seconds => observed.delivery.observe(seconds),
    observeInspection: seconds => observed.inspection.observe(seconds),
    observeRequest: request => observed.observeRequest(request),
    watchIdempotencyKeys(read) {
      observed.idempotencyKeys = read
    }
  }
}

/** The library's own metrics keep numbers themselves; ours are kept elsewhere, and only their text is its concern. */
function addMetric(
  registry: Registry,
  { kind, name, help }: MetricRow,
  read: () => number | readonly MetricSample[]
): void {
  const metric = new Gauge({ name: PREFIX + name, help, registers: [registry] })
  const get = async () => ({
    name: PREFIX + name,
    help,
    type: kind,
    values: samplesOf(read()).map(({ value, labels, suffix = '' }) => ({
      value,
      labels,
      metricName: `${PREFIX}${name}${suffix}`
    }))
  })
  Object.assign(metric, { get })
}

function samplesOf(reading: number | readonly MetricSample[]): readonly MetricSample[] {
  return typeof reading === 'number' ? [{ value: reading, labels: {} }] : reading
}

/** The values of one metric, by the names that they have in the text. */
function namedValues(name: string, samples: readonly MetricSample[]): [name: string, value: unknown][] {
  if (samples.length === 0) return [[name, []]]
  const suffixes = [...new Set(samples.map(({ suffix }) => suffix))]
  return suffixes.map(one => [`${name}${one ?? ''}`, simplify(samples.filter(({ suffix }) => suffix === one))])
}

function simplify(samples: readonly MetricSample[]): unknown {
  const [first] = samples
  const isPlain = samples.length === 1 && first && Object.keys(first.labels).length === 0
  return isPlain ? first.value : samples.map(({ value, labels }) => ({ ...labels, value }))
}
