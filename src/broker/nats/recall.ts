import type { Position } from '../../protocol/message.ts'
import type { Publication } from '../../protocol/publication.ts'
import { sizeOf } from '../retention.ts'
import type { Archive } from './archive.ts'
import type { Channel } from './channel.ts'
import type { Tail } from './tail.ts'
import { positionOf, readAbout, unwrap } from './wire.ts'

/**
 * Reads from the stream what was published before a tail begins and puts it in front, as far as the tail has room: when many come back
 * to a channel, the stream is read once and not by each [cluster.md, Positions]. The oldest go first, so what the tail then begins
 * behind proves that nothing after it is missing while it is kept; it is looked for once all was read.
 * @throws {BusError} ENGINE_UNAVAILABLE
 */
export async function recall(
  archive: Pick<Archive, 'at' | 'read'>,
  channel: Channel,
  tail: Tail,
  nowMs: number
): Promise<void> {
  const from = tail.base
  if (from.sequence === 0) return
  let base: Position | undefined
  let witness = 0
  let earlier: Publication[] = []
  let bytes = 0
  const beginBehind = (position: Position, sequence: number): void => {
    base = position
    witness = sequence
  }
  await archive.read(channel.subject, 0, from.sequence, kept => {
    const about = readAbout(kept)
    if (about === undefined) return true
    const position = positionOf(kept, channel)
    if (about.origin === undefined || position.epoch !== base?.epoch) {
      beginBehind(position, kept.sequence)
      earlier = []
      bytes = 0
      return true
    }
    const publication = unwrap(kept, about, channel)
    earlier.push(publication)
    bytes += sizeOf(publication.frame)
    while (bytes > tail.limits.maxBytes) {
      const oldest = earlier.shift() as Publication
      bytes -= sizeOf(oldest.frame)
      beginBehind(oldest, oldest.sequence)
    }
    return true
  })
  const reached = earlier.at(-1)?.sequence ?? base?.sequence
  if (base?.epoch !== from.epoch || reached !== from.sequence) return
  if ((await archive.at(channel.subject, witness)) !== undefined) tail.extend(from, base, earlier, nowMs)
}
