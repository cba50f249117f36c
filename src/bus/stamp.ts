import type { Verdict } from '../casil/verdict.ts'
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
    payload: payloadOf(draft),
    metadata: metadataOf(draft, engine),
    echo: envelope.metadata.echo === true,
    isPresence: false
  }
  draft.message = fields as Stamped
}

/** The payload as it came, byte for byte, unless inspection has it changed on the wire. */
function payloadOf({ envelope, verdict }: Draft): string {
  if (verdict?.transport !== undefined) return JSON.stringify(verdict.transport)
  return envelope.payloadText ?? JSON.stringify(envelope.payload)
}

/**
 * The sender's metadata as it came. Its own time is added if it asks with `client_timestamp: true`, and what inspection
 * decided if the policy says so; whatever a client writes under `casil` is not passed off as the server's word.
 */
function metadataOf({ envelope, verdict }: Draft, { gate }: Engine): string {
  const { metadata, metadataText, timestamp } = envelope
  const hasTime = metadata.client_timestamp === true && timestamp !== undefined
  const hasVerdict =
    verdict !== undefined && verdict.reason !== 'CASIL_OUT_OF_SCOPE' && gate.policy.metadata_to_envelope
  if (!hasTime && !hasVerdict && metadata.casil === undefined) return metadataText ?? JSON.stringify(metadata)
  const { casil: _claimed, ...own } = metadata
  return JSON.stringify({
    ...own,
    ...(hasTime ? { client_timestamp: timestamp } : {}),
    ...(hasVerdict ? { casil: noteOf(verdict) } : {})
  })
}

/** What `metadata.casil` holds [casil.md, Seen from outside]. */
function noteOf({ classification, reason, decision }: Verdict): object {
  return { ...classification, reason_code: reason, decision }
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
