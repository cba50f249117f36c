import { type JsonObject, scanJson } from './json.ts'
import type { RoutedType, Stamped } from './message.ts'

/** Where a stored text belongs: what is not in it. */
export interface StoredAt {
  readonly tenant: string
  readonly key: string
}

interface StoredFields {
  readonly id: string
  readonly type: RoutedType
  readonly room: string
  readonly channel?: string
  readonly sender: string
  readonly timestamp: string
  readonly metadata: JsonObject
}

/**
 * The message behind a text made by `deliveryText`. History keeps texts only, one string for each message, since objects
 * that live long are what a garbage collector pays for. What only mattered when the message was published is not in the text: the id
 * counts as the server's, the publisher is the sender.
 */
export function reviveMessage(text: string, { tenant, key }: StoredAt): Stamped {
  const { payload, metadata } = scanJson(text)
  const fields = JSON.parse(text) as StoredFields
  const message: Omit<Stamped, symbol> = {
    id: fields.id,
    hasClientId: false,
    type: fields.type,
    tenant,
    room: fields.room,
    channel: fields.channel ?? '',
    key,
    to: [],
    sender: fields.sender,
    publisher: fields.sender,
    timestampMs: Date.parse(fields.timestamp),
    timestamp: fields.timestamp,
    payload: payload ? text.slice(payload.start, payload.end) : '{}',
    metadata: metadata ? text.slice(metadata.start, metadata.end) : '{}',
    echo: fields.metadata.echo === true,
    isPresence: false
  }
  return message as Stamped
}
