import type { HistoryPage, HistoryQuery } from '../protocol/history.ts'
import type { Publication } from '../protocol/publication.ts'

/** What history is read from. */
export interface HistorySource {
  /** Keys of one channel, of a room with all its channels, or of everything in the tenant. */
  keysOf(tenant: string, room: string | undefined, channel: string | undefined): readonly string[]
  read(key: string, query: HistoryQuery): Promise<HistoryPage>
}

/** A part of the history of a channel, a room or a tenant, oldest first. */
export interface HistorySlice {
  readonly publications: readonly Publication[]
  /** How many messages the history of the place holds altogether. */
  readonly total: number
}

/** Where history is read, and how much of it one answer may hold. */
export interface HistoryPlace {
  readonly tenant: string
  readonly room: string | undefined
  readonly channel: string | undefined
}

interface Timed {
  readonly publication: Publication
  /** A message counts as no older than the one before it in its channel, also when the clock has stepped back meanwhile. */
  readonly timeMs: number
}

/**
 * Reads the history of a place; of several channels, merged by time. Channels that do not exist have none. The answer holds at
 * most `query.limit` messages and `maxBytes` of frames, but at least one message if there is any; what goes beyond
 * is left out at the end that is not to be kept.
 */
export async function readHistory(
  source: HistorySource,
  place: HistoryPlace,
  query: HistoryQuery,
  maxBytes = Number.POSITIVE_INFINITY
): Promise<HistorySlice> {
  let kept: Timed[] = []
  let total = 0
  for (const key of source.keysOf(place.tenant, place.room, place.channel)) {
    const page = await source.read(key, narrow(query, kept))
    total += page.total
    if (page.publications.length > 0) kept = fit([...kept, ...timed(page)], query, maxBytes)
  }
  return { publications: kept.map(entry => entry.publication), total }
}

/** Once there is enough, only what would push something out is of interest. */
function narrow(query: HistoryQuery, kept: readonly Timed[]): HistoryQuery {
  const first = kept[0]
  const last = kept.at(-1)
  if (kept.length < query.limit || !first || !last) return query
  return query.keep === 'oldest'
    ? { ...query, beforeMs: Math.min(query.beforeMs ?? Number.POSITIVE_INFINITY, last.timeMs + 1) }
    : { ...query, afterMs: Math.max(query.afterMs ?? Number.NEGATIVE_INFINITY, first.timeMs - 1) }
}

function timed(page: HistoryPage): Timed[] {
  let latestMs = 0
  return page.publications.map(publication => {
    latestMs = Math.max(latestMs, publication.timestampMs)
    return { publication, timeMs: latestMs }
  })
}

/** Sorts by time, channel by channel in the order of the positions, and cuts to the bounds. */
function fit(entries: Timed[], { limit, keep }: HistoryQuery, maxBytes: number): Timed[] {
  entries.sort((a, b) => a.timeMs - b.timeMs)
  const isOldest = keep === 'oldest'
  let count = 0
  let bytes = 0
  while (count < Math.min(limit, entries.length)) {
    bytes += entries.at(isOldest ? count : -1 - count)?.publication.frame.length ?? 0
    if (bytes > maxBytes && count > 0) break
    count++
  }
  return isOldest ? entries.slice(0, count) : entries.slice(entries.length - count)
}
