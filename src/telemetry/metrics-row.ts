import type { Count } from '../structures/counts.ts'
import type { Buckets } from './metrics-buckets.ts'
import type { Observed } from './metrics-observed.ts'
import type { MetricSources } from './metrics-sources.ts'

/** What Prometheus takes a metric for. */
export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'untyped'

/** One value of a metric. */
export interface MetricSample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  /** What is added to the name of the metric: parts of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
}

type Reading = number | readonly MetricSample[]

/** One metric: what it is called, what it means, and where its values are. */
export interface MetricRow {
  readonly kind: MetricKind
  /** Without the prefix. */
  readonly name: string
  readonly help: string
  readonly read: (sources: MetricSources, observed: Observed) => Reading
}

export function counter(name: `${string}_total`, help: string, read: MetricRow['read']): MetricRow {
  return { kind: 'counter', name, help, read }
}

export function gauge(name: string, help: string, read: MetricRow['read']): MetricRow {
  return { kind: 'gauge', name, help, read }
}

/** A gauge with the ending of a counter, for dashboards that know it so: with another type, tools would take it for a mistake. */
export function untyped(name: string, help: string, read: MetricRow['read']): MetricRow {
  return { kind: 'untyped', name, help, read }
}

export function histogram(name: string, help: string, pick: (observed: Observed) => Buckets): MetricRow {
  return { kind: 'histogram', name, help, read: (_sources, observed) => samplesOf(pick(observed)) }
}

/** A sample for each key, with the key as its label. */
export function labelled(
  label: string,
  counts: readonly Count<string>[],
  more: Record<string, string> = {}
): MetricSample[] {
  return counts.map(({ key, count }) => ({ value: count, labels: { [label]: key, ...more } }))
}

function samplesOf(buckets: Buckets): MetricSample[] {
  const counts = buckets.cumulative()
  const bounds = [...buckets.bounds.map(String), '+Inf']
  return [
    ...counts.map((value, index) => ({ value, labels: { le: bounds[index] as string }, suffix: '_bucket' }) as const),
    { value: buckets.sum, labels: {}, suffix: '_sum' },
    { value: counts.at(-1) as number, labels: {}, suffix: '_count' }
  ]
}
