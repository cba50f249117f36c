import type { HistoryPage, HistoryQuery } from '../protocol/history.ts'
import type { Publication } from '../protocol/message.ts'

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

/** Reads the history of a place; of several channels, merged by time. Channels that do not exist have none. */
export async function readHistory(
  source: HistorySource,
  place: { readonly tenant: string; readonly room: string | undefined; readonly channel: string | undefined },
  query: HistoryQuery
): Promise<HistorySlice> {
  const keys = source.keysOf(place.tenant, place.room, place.channel)
  const pages = await Promise.all(keys.map(key => source.read(key, query)))
  const merged = pages.length === 1 ? (pages[0]?.publications ?? []) : mergeByTime(pages)
  return {
    publications: query.keep === 'oldest' ? merged.slice(0, query.limit) : merged.slice(-query.limit),
    total: pages.reduce((sum, page) => sum + page.total, 0)
  }
}

/**
 * Merges pages that are in order each. Within a page the position decides, also when the clock has stepped back meanwhile: a
 * message counts as no older than the one before it.
 */
function mergeByTime(pages: readonly HistoryPage[]): Publication[] {
  const entries = pages.flatMap(page => {
    let latestMs = 0
    return page.publications.map(publication => {
      latestMs = Math.max(latestMs, publication.message.timestampMs)
      return { publication, timeMs: latestMs }
    })
  })
  return entries.sort((a, b) => a.timeMs - b.timeMs).map(entry => entry.publication)
}
