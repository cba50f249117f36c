import { Cron } from 'croner'

/** Longest cron expression, in characters. */
export const MAX_EXPRESSION_LENGTH = 256
/** Where an expression counts when no time zone is named. */
export const DEFAULT_TIMEZONE = 'UTC'

const DAY_OF_MONTH = 2
const fieldPattern = /^[0-9A-Za-z*,/#-]+$/
const zonePattern = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/

/**
 * Whether text is a cron expression: minute, hour, day of the month, month, day of the week. A field is a list of numbers, ranges
 * `a-b`, `*`, and steps `*`+`/n` or `a-b/n`; months and days of the week also by their English names of three letters, Sunday as 0
 * or 7. `L` is the last day of the month, `5L` its last Friday, `5#2` its second one. When both days are given, either will do.
 * Seconds, years, nicknames such as `@daily`, and the signs `W`, `+` and `?` are refused: with some of them it takes a fifth of a
 * second to find out that an expression never comes.
 */
export function isExpression(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  if (text.length > MAX_EXPRESSION_LENGTH || fields.length !== 5 || !fields.every(field => fieldPattern.test(field)))
    return false
  if (/w/i.test(fields[DAY_OF_MONTH] ?? '')) return false
  try {
    compile(text, DEFAULT_TIMEZONE)
    return true
  } catch {
    return false
  }
}

/** Whether text names a time zone of the IANA database, such as `Europe/Berlin`. */
export function isTimezone(text: string): boolean {
  if (!zonePattern.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

/**
 * The first time after a moment at which an expression comes, in milliseconds since the epoch; undefined when it never does again.
 * Clocks put forward: a single time of day that is left out comes at the end of the gap, other times in the gap do not come.
 * Clocks put back: a single time of day comes once, the first time; others come both times.
 */
export function nextTime(expression: string, timezone: string, afterMs: number): number | undefined {
  // A compiled expression is 80 KB: it is cheaper to compile it again than to keep it.
  return compile(expression, timezone).nextRun(new Date(afterMs))?.getTime()
}

function compile(expression: string, timezone: string): Cron {
  return new Cron(expression, { mode: '5-part', timezone, paused: true })
}
