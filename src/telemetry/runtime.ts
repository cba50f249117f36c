import {
  constants,
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance
} from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../clock.ts'

/** What the process itself does, beside its work. */
export interface RuntimeValues {
  readonly memory: NodeJS.MemoryUsage
  readonly heapLimitBytes: number
  readonly cpu: { readonly userSeconds: number; readonly systemSeconds: number }
  /** Sockets, servers, timers and requests that the event loop knows. */
  readonly handles: number
  readonly loop: LoopValues
  readonly collections: readonly CollectionCount[]
}

/** How busy the event loop is. The window ends now and begins at a reading at least {@link WINDOW_MS} ago. */
export interface LoopValues {
  /** Seconds of work since the start of the process. */
  readonly activeSeconds: number
  /** Share of the window that was work. */
  readonly utilization: number
  readonly delayP50Seconds: number
  readonly delayP99Seconds: number
  readonly delayMaxSeconds: number
}

/** Garbage collections of one kind. */
export interface CollectionCount {
  readonly kind: string
  runs: number
  seconds: number
}

/** How the observer tells of one. */
type Collection = PerformanceEntry & { readonly detail: { readonly kind: number } }

/**
 * How often the delay of the loop is sampled. Each sample wakes the process up, so it is coarse; what holds up the loop for less is
 * seen by the share of samples that it meets [performance.md].
 */
export const RESOLUTION_MS = 20
/** Two readers who come one after the other see the same window instead of taking it away from each other. */
export const WINDOW_MS = 5_000

const kinds = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks']
])
const OTHER = 'other'

/** Watches the process: the delay of its loop, its garbage collections, what it uses. */
export class Runtime {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #observer: PerformanceObserver
  readonly #collections = new Map<string, CollectionCount>(
    [...kinds.values(), OTHER].map(kind => [kind, { kind, runs: 0, seconds: 0 }])
  )
  #windowStartMs: number
  #windowStart: EventLoopUtilization = performance.eventLoopUtilization()
  #last: LoopValues | undefined

  /** Starts watching. */
  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#windowStartMs = clock.monotonic()
    this.#delay.enable()
    this.#observer = new PerformanceObserver(list => {
      for (const entry of list.getEntries()) this.#note(entry as Collection)
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  values(): RuntimeValues {
    const { user, system } = process.cpuUsage()
    return {
      memory: process.memoryUsage(),
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      cpu: { userSeconds: user / 1e6, systemSeconds: system / 1e6 },
      handles: process.getActiveResourcesInfo().length,
      loop: this.#loop(),
      collections: [...this.#collections.values()]
    }
  }

  /** Stops watching. */
  close(): void {
    this.#delay.disable()
    this.#observer.disconnect()
  }

  #loop(): LoopValues {
    const nowMs = this.#clock.monotonic()
    const sinceStart = performance.eventLoopUtilization()
    const activeSeconds = sinceStart.active / 1000
    if (this.#last && nowMs - this.#windowStartMs < WINDOW_MS) return { ...this.#last, activeSeconds }
    this.#last = {
      activeSeconds,
      utilization: performance.eventLoopUtilization(sinceStart, this.#windowStart).utilization,
      delayP50Seconds: delayOf(this.#delay.percentile(50)),
      delayP99Seconds: delayOf(this.#delay.percentile(99)),
      delayMaxSeconds: delayOf(this.#delay.max)
    }
    this.#windowStartMs = nowMs
    this.#windowStart = sinceStart
    this.#delay.reset()
    return this.#last
  }

  #note({ duration, detail }: Collection): void {
    const count = this.#collections.get(kinds.get(detail.kind) ?? OTHER) as CollectionCount
    count.runs++
    count.seconds += duration / 1000
  }
}

/** What a sample was late by: it holds the whole time since the one before. An empty histogram has a maximum of 0. */
function delayOf(sampleNs: number): number {
  return Math.max(0, sampleNs / 1e9 - RESOLUTION_MS / 1000)
}
