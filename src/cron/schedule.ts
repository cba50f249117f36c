import { nextTime } from './expression.ts'

/** When a job is due. Due times come from here alone, never from when a delivery was made. */
export interface Schedule {
  /** Milliseconds of which clock due times are: the monotonic one, or those since the epoch. */
  readonly scale: 'monotonic' | 'epoch'
  /** The first due time after a moment; undefined when there is none. */
  next(afterMs: number): number | undefined
}

/** Due once, or again and again at `firstMs + n × intervalMs` of a clock; nothing adds up, so nothing drifts. */
export function elapsingSchedule(
  firstMs: number,
  intervalMs: number | undefined,
  scale: Schedule['scale'] = 'monotonic'
): Schedule {
  return {
    scale,
    next(afterMs) {
      if (afterMs < firstMs) return firstMs
      if (intervalMs === undefined) return undefined
      let turn = Math.floor((afterMs - firstMs) / intervalMs)
      while (firstMs + turn * intervalMs <= afterMs) turn++
      return firstMs + turn * intervalMs
    }
  }
}

/** Due whenever a cron expression comes in a time zone, by the wall clock. */
export function calendarSchedule(expression: string, timezone: string): Schedule {
  return { scale: 'epoch', next: afterMs => nextTime(expression, timezone, afterMs) }
}
