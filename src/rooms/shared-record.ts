import { addressOf } from '../protocol/address.ts'
import type { ForeignChannel } from './registry.ts'

/** What stands in the record of a channel; its id is the channel's key. */
interface Fields {
  readonly description: string
  readonly created_at: string
  readonly created_by: string
  /** Made by use: milliseconds since the epoch of the last use that was written. Absent for what was created. */
  readonly used_at?: number
}

/** A channel as the record says it. */
export function textOf(channel: Omit<ForeignChannel, 'tenant' | 'room' | 'name'>): string {
  const { description, createdAt, createdBy, isAutoCreated, lastActivityMs } = channel
  const fields: Fields = {
    description,
    created_at: createdAt,
    created_by: createdBy,
    ...(isAutoCreated ? { used_at: lastActivityMs } : {})
  }
  return JSON.stringify(fields)
}

/** The channel of a record; undefined for what is none. */
export function channelOf(key: string, text: string): ForeignChannel | undefined {
  const address = addressOf(key)
  const fields = fieldsOf(text)
  if (address === undefined || fields === undefined) return undefined
  const { description, created_at: createdAt, created_by: createdBy, used_at: usedAtMs } = fields
  return {
    tenant: address.tenant,
    room: address.room,
    name: address.channel,
    description,
    createdAt,
    createdBy,
    isAutoCreated: usedAtMs !== undefined,
    lastActivityMs: usedAtMs ?? Date.parse(createdAt)
  }
}

function fieldsOf(text: string): Fields | undefined {
  try {
    const fields: Partial<Record<keyof Fields, unknown>> = JSON.parse(text)
    const { description, created_at, created_by, used_at } = fields
    if (typeof description !== 'string' || typeof created_by !== 'string' || created_by === 'system') return undefined
    if (typeof created_at !== 'string' || Number.isNaN(Date.parse(created_at))) return undefined
    if (used_at === undefined) return { description, created_at, created_by }
    return typeof used_at === 'number' ? { description, created_at, created_by, used_at } : undefined
  } catch {
    return undefined
  }
}
