import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Change } from '../store.ts'

/** What the bucket says of a key: its value, or that it is gone. */
export interface Entry {
  /** Place in the bucket, which is shared by all tenants and therefore shown to none. 0 where the bucket says nothing. */
  readonly revision: number
  /** 0 for what no store has written. */
  readonly version: number
  readonly operation: Change['operation']
  /** Milliseconds since the epoch; infinity for what does not expire. */
  readonly expiresAtMs: number
  /** JSON text; empty when the key is gone. May be read only until the next entry comes. */
  readonly data: Uint8Array
}

/** What is written under a key. */
export interface Draft {
  readonly version: number
  readonly operation: Change['operation']
  readonly expiresAtMs: number
  /** Empty when the key is to be gone. */
  readonly text: string
}

/** What a store says about a value beside its text. */
const ABOUT = 'Aq'
const ABOUT_PATTERN = /^([1-9]\d{0,15}) (\w+) (\d+|\d+\.\d+|Infinity)$/
/** What the tools of NATS know a removed key by. */
const OPERATION = 'KV-Operation'
const EMPTY = new Uint8Array()

/** The bucket says nothing of the key. */
export const NOTHING: Entry = { revision: 0, version: 0, operation: 'delete', expiresAtMs: Infinity, data: EMPTY }

export function headersOf({ version, operation, expiresAtMs }: Draft): MsgHdrs {
  const about = headers()
  about.set(ABOUT, `${version} ${operation} ${expiresAtMs}`)
  if (operation !== 'set') about.set(OPERATION, 'DEL')
  return about
}

/** Whatever was put there by somebody else counts as not there. */
export function entryOf(revision: number, about: MsgHdrs | undefined, data: Uint8Array): Entry {
  const [, version, operation, expiresAt] = ABOUT_PATTERN.exec(about?.get(ABOUT) ?? '') ?? []
  if (!isOperation(operation)) return { ...NOTHING, revision }
  return { revision, version: Number(version), operation, expiresAtMs: Number(expiresAt), data }
}

export function textOf({ data }: Entry): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
}

function isOperation(text: string | undefined): text is Change['operation'] {
  return text === 'set' || text === 'delete' || text === 'expire'
}
