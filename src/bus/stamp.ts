import { keyOf } from '../protocol/address.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Stamped } from '../protocol/message.ts'
import type { ChannelRecord } from '../rooms/registry.ts'
import type { Draft, Engine } from './draft.ts'

const NOBODY: readonly string[] = Object.freeze([])

/** Overwrites whatever the client claimed: from here on sender, time and id are the server's word. */
export function stamp(draft: Draft, engine: Engine): void {
  const { envelope, source, record } = draft
  const { tenant, subject } = source.identity
  const fields: Omit<Stamped, symbol> = {
    id: envelope.id ?? engine.ids.message(),
    hasClientId: envelope.id !== undefined,
    type: draft.type,
    tenant,
    room: draft.room,
    channel: draft.channel,
    key: record?.key ?? keyOf(tenant, draft.room, draft.channel),
    to: draft.to,
    sender: source.id,
    publisher: subject ?? source.id,
    timestampMs: engine.clock.now(),
    timestamp: engine.clock.iso(),
    payload: envelope.payloadText ?? JSON.stringify(envelope.payload),
    metadata: metadataOf(draft),
    echo: envelope.metadata.echo === true,
    isPresence: false
  }
  draft.message = fields as Stamped
}

/** The sender's metadata; its own time is kept there if it asks with `client_timestamp: true`. */
function metadataOf({ envelope }: Draft): string {
  if (envelope.metadata.client_timestamp === true && envelope.timestamp !== undefined) {
    return JSON.stringify({ ...envelope.metadata, client_timestamp: envelope.timestamp })
  }
  return envelope.metadataText ?? JSON.stringify(envelope.metadata)
}

/** Where a notice belongs: a channel, or the room itself when `name` is empty. */
export type NoticePlace = Pick<ChannelRecord, 'tenant' | 'room' | 'name' | 'key'>

/** A notice from the server itself to the members of a place who asked for them [protocol.md, Types]. */
export function stampNotice(place: NoticePlace, payload: JsonObject, engine: Pick<Engine, 'clock' | 'ids'>): Stamped {
  const fields: Omit<Stamped, symbol> = {
    id: engine.ids.message(),
    hasClientId: false,
    type: 'system',
    tenant: place.tenant,
    room: place.room,
    channel: place.name,
    key: place.key,
    to: NOBODY,
    sender: 'arqonbus',
    publisher: 'arqonbus',
    timestampMs: engine.clock.now(),
    timestamp: engine.clock.iso(),
    payload: JSON.stringify(payload),
    metadata: '{}',
    echo: false,
    isPresence: true
  }
  return fields as Stamped
}
