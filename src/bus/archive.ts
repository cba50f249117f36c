import { Type } from '@sinclair/typebox'
import { type HistorySlice, type HistorySource, readHistory } from '../history/query.ts'
import { textOf } from '../protocol/frame.ts'
import type { HistoryQuery } from '../protocol/history.ts'
import type { Publication } from '../protocol/publication.ts'
import { RawJson } from '../protocol/replies.ts'
import { StoredEnvelope } from '../protocol/server-frames.ts'
import type { Channels } from './channels.ts'
import type { Source } from './draft.ts'

/** Which history: of one channel, of a room with all its channels, or of the whole tenant. */
export interface ArchivePlace {
  readonly room: string | undefined
  readonly channel: string | undefined
}

/** What an archive is made of. */
export interface ArchiveOptions {
  readonly source: HistorySource
  readonly channels: Channels
  /** Where history is kept, for people. */
  readonly backend: string
  readonly monotonic: () => number
  /** Most text of messages in one answer; one message always fits. */
  readonly maxReplyBytes: number
}

/** History, as far as whoever asks may read it. */
export class Archive {
  /** Where history is kept, for people. */
  readonly backend: string
  /** Milliseconds from an arbitrary start. */
  readonly monotonic: () => number
  readonly #source: HistorySource
  readonly #channels: Channels
  readonly #maxReplyBytes: number

  constructor(options: ArchiveOptions) {
    this.#source = options.source
    this.#channels = options.channels
    this.#maxReplyBytes = options.maxReplyBytes
    this.backend = options.backend
    this.monotonic = options.monotonic
  }

  /** @throws {BusError} AUTHORIZATION_ERROR when the reader may not subscribe to all of the place */
  read(reader: Source, place: ArchivePlace, query: HistoryQuery): Promise<HistorySlice> {
    this.#channels.requireSubscription(reader, place.room ?? '*', place.channel ?? '')
    return readHistory(this.#source, { tenant: reader.identity.tenant, ...place }, query, this.#maxReplyBytes)
  }
}

/** Shape of {@link summaryOf}. */
export const SummarySchema = Type.Object({
  id: Type.String(),
  message_id: Type.String({ description: 'The id once more' }),
  type: Type.String({ examples: ['message'] }),
  sender: Type.String(),
  room: Type.String(),
  channel: Type.Optional(Type.String({ description: 'Absent for a room as a whole' })),
  payload: Type.Object({}, { additionalProperties: true }),
  metadata: Type.Object({}, { additionalProperties: true }),
  timestamp: Type.String(),
  stored_at: Type.String({ description: 'The time once more' }),
  sequence: Type.Integer(),
  epoch: Type.String()
})

/** A stored message as `history` lists it. */
export function summaryOf(publication: Publication): object {
  const { message, sequence, epoch } = publication
  return {
    id: message.id,
    message_id: message.id,
    type: message.type,
    sender: message.sender,
    room: message.room,
    channel: message.channel === '' ? undefined : message.channel,
    payload: new RawJson(message.payload),
    metadata: new RawJson(message.metadata),
    timestamp: message.timestamp,
    stored_at: message.timestamp,
    sequence,
    epoch
  }
}

/** Shape of {@link entryOf}. */
export const EntrySchema = Type.Object({
  envelope: StoredEnvelope,
  stored_at: Type.String(),
  storage_metadata: Type.Object({ backend: Type.String() })
})

/** A stored message as `op.history.*` lists it: the envelope just as it was delivered. */
export function entryOf(publication: Publication, backend: string): object {
  return {
    envelope: new RawJson(textOf(publication.frame)),
    stored_at: publication.message.timestamp,
    storage_metadata: { backend }
  }
}
