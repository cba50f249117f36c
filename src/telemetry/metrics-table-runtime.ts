import { counter, gauge, type MetricRow } from './metrics-row.ts'

/** What the process itself does. */
export const runtimeRows: readonly MetricRow[] = [
  gauge('build_info', 'Always 1; the version stands in the label', ({ version }) => [
    { value: 1, labels: { version } }
  ]),
  gauge('uptime_seconds', 'Seconds since the start', ({ uptimeSeconds }) => uptimeSeconds),
  gauge('draining', '1 while the server ends its connections, else 0', ({ bus }) => Number(bus.isDraining)),
  gauge('under_pressure', '1 while the event loop is held up for too long, else 0', ({ bus }) =>
    Number(bus.isUnderPressure)
  ),
  gauge('memory_usage_bytes', 'Resident memory of the process', ({ runtime }) => runtime.memory.rss),
  gauge('heap_used_bytes', 'Heap of JavaScript that is in use', ({ runtime }) => runtime.memory.heapUsed),
  gauge('heap_size_bytes', 'Heap of JavaScript that is reserved', ({ runtime }) => runtime.memory.heapTotal),
  gauge('heap_max_bytes', 'Heap of JavaScript at which the process ends', ({ runtime }) => runtime.heapLimitBytes),
  gauge(
    'external_memory_bytes',
    'Memory of buffers and other objects outside the heap',
    ({ runtime }) => runtime.memory.external
  ),
  counter('process_cpu_seconds_total', 'Processor time, by mode', ({ runtime: { cpu } }) => [
    { value: cpu.userSeconds, labels: { mode: 'user' } },
    { value: cpu.systemSeconds, labels: { mode: 'system' } }
  ]),
  gauge(
    'open_handles',
    'Sockets, servers, timers and requests that the event loop knows',
    ({ runtime }) => runtime.handles
  ),
  counter(
    'event_loop_active_seconds_total',
    'Time in which the event loop worked; its rate is the utilization',
    ({ runtime }) => runtime.loop.activeSeconds
  ),
  gauge(
    'event_loop_utilization_ratio',
    'Share of the time since the last scrape in which the event loop worked',
    ({ runtime }) => runtime.loop.utilization
  ),
  gauge(
    'event_loop_delay_p50_seconds',
    'Median of what the event loop was late by since the last scrape',
    ({ runtime }) => runtime.loop.delayP50Seconds
  ),
  gauge(
    'event_loop_delay_p99_seconds',
    'What the event loop was late by in the worst hundredth of samples since the last scrape',
    ({ runtime }) => runtime.loop.delayP99Seconds
  ),
  gauge(
    'event_loop_delay_max_seconds',
    'What the event loop was late by at most since the last scrape',
    ({ runtime }) => runtime.loop.delayMaxSeconds
  ),
  counter('gc_runs_total', 'Garbage collections, by kind', ({ runtime }) =>
    runtime.collections.map(({ kind, runs }) => ({ value: runs, labels: { kind } }))
  ),
  counter('gc_seconds_total', 'Time spent in garbage collections, by kind', ({ runtime }) =>
    runtime.collections.map(({ kind, seconds }) => ({ value: seconds, labels: { kind } }))
  )
]
