import type { Position } from '../../protocol/message.ts'
import type { Publication } from '../../protocol/publication.ts'
import type { HistoryPage, HistoryQuery } from '../broker.ts'
import type { Archive, Kept } from './archive.ts'
import type { Channel } from './channel.ts'
import { positionOf, readAbout, unwrap } from './wire.ts'

type Reading = Pick<Archive, 'at' | 'nextOf' | 'lastOf' | 'countOf' | 'read'>

/**
 * What was published after a position up to the end of the channel; undefined when it cannot be proved to be all, or is more than
 * `limit`. The proof is the message at the position itself, or the mark for the beginning: the oldest go first, so while that is kept,
 * everything after it is. It is looked for once all was read.
 */
export async function recover(
  archive: Pick<Reading, 'at' | 'read'>,
  channel: Channel,
  since: Position,
  end: Kept,
  limit: number
): Promise<readonly Publication[] | undefined> {
  const proof = since.sequence === 0 ? birthOf(since.epoch, channel) : since.sequence
  if (proof === undefined || proof > end.sequence) return undefined
  const missed: Publication[] = []
  let isTooMuch = false
  await archive.read(channel.subject, proof, end.sequence, kept => {
    const publication = publicationOf(kept, channel)
    if (publication !== undefined) missed.push(publication)
    isTooMuch = missed.length > limit
    return !isTooMuch
  })
  const witness = await archive.at(channel.subject, proof)
  if (isTooMuch || witness === undefined) return undefined
  const { sequence, epoch } = positionOf(witness, channel)
  return sequence === since.sequence && epoch === since.epoch ? missed : undefined
}

/** Reads a part of a channel's history; at most `historyCount` messages belong to it. */
export async function readPage(
  archive: Reading,
  channel: Channel,
  query: HistoryQuery,
  historyCount: number
): Promise<HistoryPage> {
  const end = await archive.lastOf(channel.subject)
  if (end === undefined) return { publications: [], total: 0, position: { sequence: 0, epoch: '' } }
  const [count, oldest] = await Promise.all([archive.countOf(channel.subject), archive.nextOf(channel.subject, 0)])
  // The mark is no message, and the message that is kept as a proof does not count any more.
  const isBeyond = oldest !== undefined && (count > historyCount || readAbout(oldest)?.origin === undefined)
  const after = Math.max(query.afterSequence ?? 0, isBeyond ? oldest.sequence : 0)
  const publications: Publication[] = []
  const { afterMs = Number.NEGATIVE_INFINITY, beforeMs = Number.POSITIVE_INFINITY, limit, keep } = query
  await archive.read(channel.subject, after, end.sequence, kept => {
    const publication = publicationOf(kept, channel)
    if (publication === undefined) return true
    const { timestampMs } = publication
    if (timestampMs <= afterMs || timestampMs >= beforeMs) return true
    publications.push(publication)
    if (keep === 'newest' && publications.length > limit) publications.shift()
    return keep === 'newest' || publications.length < limit
  })
  return { publications, total: count - (isBeyond ? 1 : 0), position: positionOf(end, channel) }
}

function publicationOf(kept: Kept, channel: Channel): Publication | undefined {
  const about = readAbout(kept)
  return about?.origin === undefined ? undefined : unwrap(kept, about, channel)
}

/** The sequence of the mark that an epoch is made of. */
function birthOf(epoch: string, { epochOf }: Channel): number | undefined {
  const birth = Number.parseInt(epoch.slice(epoch.indexOf('-') + 1), 36)
  return Number.isSafeInteger(birth) && birth > 0 && epochOf(birth) === epoch ? birth : undefined
}
