import type { Static, TObject, TSchema } from '@sinclair/typebox'
import { hasRole, type Role } from '../auth/roles.ts'
import { splitAddress } from '../protocol/address.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { Json } from '../protocol/json.ts'
import type { CommandAnswer } from '../protocol/replies.ts'
import type { Asker } from '../structures/holdings.ts'
import type { Connection } from './connection.ts'
import type { Source } from './draft.ts'

/** Who runs a command, and with which frame. */
export interface Caller extends Source {
  /** The connection that asks; undefined for somebody at another door. */
  readonly connection: Connection | undefined
  readonly envelope: Envelope
}

/** The connection that runs a command which is marked `isSocketOnly`. */
export function connectionOf({ connection }: Caller): Connection {
  return connection as Connection
}

/** The caller as the owner of things. */
export function askerOf({ id, identity }: Source): Asker {
  return { id, tenant: identity.tenant, isAdmin: hasRole(identity.role, 'admin') }
}

/** What a command gives back. */
export interface Answer extends CommandAnswer {
  /** Runs right after the answer was queued, before anything else reaches the caller. */
  readonly after?: (() => void) | undefined
}

/** A command is data plus one function [architecture.md]. */
export interface Command<Service, Args extends TObject = TObject> {
  /** Name on the wire; the file is named after it. */
  readonly name: string
  readonly aliases?: readonly string[]
  /** One sentence for people. */
  readonly summary: string
  /** The least role that may run it. */
  readonly role: Role
  /** Changes nothing, whoever asks: no line is written for the audit. */
  readonly isReadOnly?: boolean
  /** Counts against the tighter rate of commands that read much. */
  readonly isHeavy?: boolean
  /** Takes an address in any of its spellings; the function sees `room` and `channel`. */
  readonly isAddressed?: boolean
  /** Only a connection can run it: it is about the connection itself. At another door it is refused. */
  readonly isSocketOnly?: boolean
  /** Its arguments are only looked at and carried nowhere, so they need not pass the gate. */
  readonly isContentExempt?: boolean
  /** Its service holds the arguments against the same schema, and names more that is wrong at once. */
  readonly isSelfChecked?: boolean
  /** Asked before the role is looked at, where a service may be switched off. @throws {BusError} FEATURE_DISABLED */
  readonly requireService?: (service: Service) => void
  readonly args: Args
  /** Shape of `data` in the answer. */
  readonly result: TSchema
  /** Does the work. @throws {BusError} whatever the caller is to be told */
  readonly run: (service: Service, args: Static<Args>, caller: Caller) => Answer | Promise<Answer>
}

/** A command of whatever arguments: what the table holds. */
export interface AnyCommand<Service> extends Omit<Command<Service>, 'run'> {
  readonly run: (service: Service, args: never, caller: Caller) => Answer | Promise<Answer>
}

/** Declares a command; the types of its arguments follow from its schema. */
export function command<Service, Args extends TObject>(record: Command<Service, Args>): Command<Service, Args> {
  return record
}

/** Arguments in the shape that the schema checks, or what is wrong with their spelling. */
export interface ReadyArgs {
  readonly args: Readonly<Record<string, Json>>
  readonly faults: readonly string[]
}

/** Resolves the spellings of an address and turns text into numbers and booleans where the schema wants them [protocol.md, Types]. */
export function prepareArgs(record: Pick<AnyCommand<never>, 'args' | 'isAddressed'>, envelope: Envelope): ReadyArgs {
  const faults: string[] = []
  const args = new Map(Object.entries(envelope.args).filter(([, value]) => value !== null))
  if (record.isAddressed) resolveAddress(args, envelope, record.args.properties.channel !== undefined, faults)
  for (const [name, schema] of Object.entries(record.args.properties)) {
    const value = args.get(name)
    if (typeof value === 'string' || typeof value === 'number') args.set(name, coerce(value, schema))
  }
  return { args: Object.fromEntries(args), faults }
}

function resolveAddress(args: Map<string, Json>, envelope: Envelope, takesChannel: boolean, faults: string[]): void {
  const rooms: Json[] = []
  const channels: Json[] = []
  const name = args.get('name')
  if (name !== undefined) channels.push(name)
  for (const spelled of [args.get('channel_id'), args.get('room') ?? envelope.room]) {
    if (typeof spelled === 'string' && spelled.includes(':')) {
      const { room, channel } = splitAddress(spelled)
      rooms.push(room)
      if (channel !== undefined) channels.push(channel)
    } else if (spelled !== undefined) rooms.push(spelled)
  }
  const channel = args.get('channel') ?? envelope.channel
  if (channel !== undefined) channels.push(channel)
  args.delete('name')
  args.delete('channel_id')
  setOnly(args, 'room', rooms, faults)
  if (takesChannel) setOnly(args, 'channel', channels, faults)
}

function setOnly(args: Map<string, Json>, field: string, values: readonly Json[], faults: string[]): void {
  const [value] = values
  if (value === undefined) return
  args.set(field, value)
  if (values.some(other => other !== value)) faults.push(`${field}: is given twice, and differently`)
}

const booleans = new Map<string, boolean>([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false]
])

function coerce(value: string | number, schema: TSchema): Json {
  if (schema.type === 'boolean') return booleans.get(String(value).toLowerCase()) ?? value
  const isNumeric = schema.type === 'integer' || schema.type === 'number'
  if (isNumeric && typeof value === 'string' && value.trim() !== '') {
    const number = Number(value)
    return Number.isFinite(number) ? number : value
  }
  return value
}
