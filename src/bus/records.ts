import { Type } from '@sinclair/typebox'
import { isoOf } from '../clock.ts'
import type { ChannelRecord } from '../rooms/registry.ts'
import type { Connection } from './connection.ts'

/** Shape of {@link clientInfoOf}. */
export const ClientInfo = Type.Object({
  client_id: Type.String(),
  client_type: Type.String(),
  screen_name: Type.Optional(Type.String()),
  avatar: Type.Optional(Type.String()),
  personality: Type.Optional(Type.String()),
  role: Type.String(),
  tenant_id: Type.String(),
  connected_at: Type.String()
})

/** What a client may know about itself. */
export function clientInfoOf(connection: Connection) {
  const { identity } = connection
  return {
    client_id: connection.id,
    client_type: identity.clientType,
    screen_name: identity.screenName,
    avatar: identity.avatar,
    personality: identity.personality,
    role: identity.role,
    tenant_id: identity.tenant,
    connected_at: isoOf(connection.connectedAtMs)
  }
}

/** Shape of {@link channelEntryOf}. */
export const ChannelEntry = Type.Object({
  id: Type.String({ description: '"room:channel"', examples: ['science:explore'] }),
  channel_id: Type.String({ description: '"room:channel"' }),
  room: Type.String(),
  name: Type.String(),
  description: Type.String(),
  participant_count: Type.Integer(),
  member_count: Type.Integer(),
  created_at: Type.String(),
  created_by: Type.String(),
  type: Type.String(),
  hardcoded: Type.Boolean(),
  last_activity: Type.String()
})

/** A channel as lists show it, with the number of its members. */
export function channelEntryOf(record: ChannelRecord, count: number) {
  const id = idOf(record)
  return {
    id,
    channel_id: id,
    room: record.room,
    name: record.name,
    description: record.description,
    participant_count: count,
    member_count: count,
    created_at: record.createdAt,
    created_by: record.createdBy,
    type: typeOf(record),
    hardcoded: record.isHardcoded,
    last_activity: isoOf(record.lastActivityMs)
  }
}

/** A channel's `channel_id`. */
export function idOf(record: ChannelRecord): string {
  return `${record.room}:${record.name}`
}

/** `system` for what every server has, `user` for what was made. */
export function typeOf(record: ChannelRecord): string {
  return record.isHardcoded ? 'system' : 'user'
}
