const units: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000]
]

/** A duration for people, in its largest whole unit: `3 min`. Under a second it is in milliseconds. */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms)
  const [name, unit] = units.find(([, atLeast]) => size >= atLeast) ?? ['ms', 1]
  return `${Math.floor(size / unit)} ${name}`
}

/** A moment for people, seen from now: `3 min ago`, `in 2 h`, `now`. What is no moment is shown as it is; nothing is `-`. */
export function formatAge(moment: unknown, nowMs: number): string {
  if (moment === undefined || moment === null) return '-'
  const atMs = typeof moment === 'number' ? moment : Date.parse(String(moment))
  if (Number.isNaN(atMs)) return String(moment)
  const agoMs = nowMs - atMs
  if (Math.abs(agoMs) < 1000) return 'now'
  if (agoMs > 0) return `${formatDuration(agoMs)} ago`
  // What was to come in an hour when it was asked for is still that a moment later, not 59 minutes away.
  return `in ${formatDuration(Math.round(-agoMs / 1000) * 1000)}`
}

/** So many things, in words: `1 job`, `2 jobs`. */
export function countOf(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** A number of bytes for people: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes
  let at = 0
  while (size >= 1024 && at < names.length - 1) {
    size /= 1024
    at++
  }
  return `${at === 0 ? size : Number(size.toFixed(1))} ${names[at]}`
}
