import { BusError } from '../errors.ts'
import {
  type ClientFields,
  type ClientType,
  type Envelope,
  EnvelopeSchema,
  PRIVATE_CHANNEL,
  TargetsSchema
} from './envelope.ts'
import { findFaults, type Json, type JsonBounds, type JsonObject, type JsonScan, type Span, scanJson } from './json.ts'
import { compileCheck } from './schema.ts'

/** Turns the text of one frame into an envelope, or throws VALIDATION_ERROR naming every fault; never anything else. */
export type Decode = (text: string) => Envelope

/** A frame that was refused, with the id to answer to where the frame carried a usable one. */
export class FrameError extends BusError {
  readonly requestId: string | undefined

  constructor(faults: readonly string[], requestId?: string) {
    super('VALIDATION_ERROR', { faults })
    this.requestId = requestId
  }
}

const EMPTY: JsonObject = Object.freeze({})
/** Types that are never private, whatever channel they name. */
const unrouted: ReadonlySet<ClientType> = new Set(['command', 'response', 'error', 'ping', 'pong'])
const check = compileCheck(EnvelopeSchema)
const checkTargets = compileCheck(TargetsSchema)
const isClientId = compileCheck(EnvelopeSchema.properties.id)

/** Makes the decoder of JSON text frames [protocol.md, Envelope]. */
export function createDecoder(bounds: JsonBounds): Decode {
  return text => {
    const { fields, scan } = parseBounded(text, bounds, 'message')
    const present = withoutNulls(fields)
    const unsound = check(present)
    const envelope = toEnvelope(present as ClientFields, text, scan)
    const faults = findFaults(fields, bounds, scan.keys)
    if (unsound.length > 0) faults.push(...unsound)
    addTypeFaults(envelope, unsound, faults)
    if (faults.length > 0)
      throw new FrameError(faults, isClientId(present.id).length === 0 ? (present.id as string) : undefined)
    return envelope
  }
}

/** A JSON object from a stranger. */
export interface Body {
  readonly fields: JsonObject
  /** JSON text of its member `payload`, as it came. */
  readonly payloadText: string | undefined
}

/** Makes the parser of JSON objects that are no frames, within the same bounds. It throws VALIDATION_ERROR with every fault. */
export function createBodyParser(bounds: JsonBounds): (text: string) => Body {
  return text => {
    const { fields, scan } = parseBounded(text, bounds, 'body')
    const faults = findFaults(fields, bounds, scan.keys)
    if (faults.length > 0) throw new FrameError(faults)
    return { fields, payloadText: scan.payload ? cut(text, scan.payload) : undefined }
  }
}

/** Parses an object; what would take long to parse, or to check, is refused for that alone [limits.md, P10]. */
function parseBounded(text: string, bounds: JsonBounds, noun: string): { fields: JsonObject; scan: JsonScan } {
  const scan = scanJson(text)
  if (scan.depth > bounds.depth) throw new FrameError([`${noun}: nested deeper than ${bounds.depth} levels`])
  if (scan.commas >= bounds.nodes) throw new FrameError([`more than ${bounds.nodes} values`])
  let value: Json
  try {
    value = JSON.parse(text)
  } catch {
    throw new FrameError([`${noun}: must be JSON`])
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new FrameError([`${noun}: must be a JSON object`])
  }
  return { fields: value as JsonObject, scan }
}

/** `null` at the top level means "absent". The object is copied only if there is one. */
function withoutNulls(fields: JsonObject): JsonObject {
  for (const key in fields) {
    if (fields[key] === null) return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  }
  return fields
}

function toEnvelope(fields: ClientFields, text: string, scan: JsonScan): Envelope {
  const payload = fields.payload ?? EMPTY
  const isCommand = fields.type === 'command'
  return {
    id: fields.id,
    type: fields.type,
    timestamp: fields.timestamp,
    room: fields.room,
    channel: fields.channel,
    to: targetsOf(fields, payload),
    payload,
    payloadText: fields.payload && scan.payload ? cut(text, scan.payload) : undefined,
    metadata: (fields.metadata as JsonObject | undefined) ?? EMPTY,
    metadataText: fields.metadata && scan.metadata ? cut(text, scan.metadata) : undefined,
    command: fields.command ?? (isCommand ? textOf(payload.command) : undefined),
    args: fields.args ?? (isCommand ? (objectOf(payload.parameters) ?? EMPTY) : EMPTY),
    ack: fields.ack
  }
}

/** A slice keeps alive all of the text that it was cut from: with more than so much around it, it is copied instead. */
const MAX_KEPT_LENGTH = 512

/** A part of the frame's text that may be held in history for long. */
function cut(text: string, { start, end }: Span): string {
  const part = text.slice(start, end)
  return text.length - part.length > MAX_KEPT_LENGTH ? Buffer.from(part).toString() : part
}

/** `payload.target` counts only where a message is private anyway: elsewhere it is the sender's own business. */
function targetsOf(fields: ClientFields, payload: JsonObject): readonly string[] | undefined {
  const named = fields.to ?? fields.to_client ?? (isPrivate(fields) ? payload.target : undefined)
  if (typeof named === 'string') return [named]
  return Array.isArray(named) ? [...new Set(named as string[])] : undefined
}

function isPrivate(fields: { readonly type: ClientType; readonly channel?: string | undefined }): boolean {
  return fields.type === 'private' || (fields.channel === PRIVATE_CHANNEL && !unrouted.has(fields.type))
}

/** Adds the faults that depend on the type, in fields that are sound by themselves. */
function addTypeFaults(envelope: Envelope, unsound: readonly string[], faults: string[]): void {
  if (isPrivate(envelope) && checkTargets(envelope.to).length > 0 && isSound(unsound, 'to', 'to_client')) {
    faults.push(`to: must be ${TargetsSchema.expected}`)
  }
  if (envelope.type === 'command' && envelope.command === undefined && isSound(unsound, 'command'))
    faults.push('command: must be the name of a command')
  if (envelope.type === 'telemetry' && isSound(unsound, 'payload')) {
    if (textOf(envelope.payload.eventType) === undefined) faults.push('payload.eventType: must be a string')
    if (objectOf(envelope.payload.payload) === undefined) faults.push('payload.payload: must be an object')
  }
}

function isSound(unsound: readonly string[], ...fields: readonly string[]): boolean {
  return !unsound.some(fault => fields.some(field => fault.startsWith(`${field}:`)))
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined
}
