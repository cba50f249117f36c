const MAX_RETRY_MS = 3_600_000
const seconds = /^\d+$/
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Milliseconds from `nowMs` (since the epoch) that a `Retry-After` header asks for, at least 0 and at most one hour.
 * Undefined when there is none or it is neither whole seconds nor an HTTP date of today's form.
 */
export function readRetryAfterMs(value: string | readonly string[] | undefined, nowMs: number): number | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (seconds.test(text)) return Math.min(Number(text) * 1000, MAX_RETRY_MS)
  const dueMs = httpDate.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dueMs) ? undefined : Math.min(Math.max(0, dueMs - nowMs), MAX_RETRY_MS)
}
