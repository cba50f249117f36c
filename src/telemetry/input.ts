import { BusError } from '../errors.ts'
import { findFaults, type Json, type JsonBounds, type JsonObject, scanJson } from '../protocol/json.ts'
import { eventKinds } from './kinds.ts'

/** What a client of the telemetry socket may say. */
export type Input =
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly events: readonly string[] }
  | { readonly kind: 'report'; readonly eventType: string; readonly payload: JsonObject }

/** Turns the text of one frame into what it says, or throws VALIDATION_ERROR naming every fault; never anything else. */
export type DecodeInput = (text: string) => Input

/** Longest name of an event that a client reports, in characters. */
const MAX_NAME_LENGTH = 128
const controls = ['ping', 'pong', 'subscribe', 'unsubscribe'] as const

/** Makes the decoder of what telemetry clients send [protocol.md, Telemetry socket]. */
export function createInputDecoder(bounds: JsonBounds): DecodeInput {
  return text => {
    const scan = scanJson(text)
    if (scan.depth > bounds.depth) refuse([`message: nested deeper than ${bounds.depth} levels`])
    if (scan.commas >= bounds.nodes) refuse([`more than ${bounds.nodes} values`])
    const fields = parseObject(text)
    const faults = findFaults(fields, bounds, scan.keys)
    const input = readInput(fields, faults)
    if (input === undefined || faults.length > 0) refuse(faults)
    return input
  }
}

function refuse(faults: readonly string[]): never {
  throw new BusError('VALIDATION_ERROR', { faults })
}

function parseObject(text: string): JsonObject {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch {
    refuse(['message: must be JSON'])
  }
  return isObject(value) ? value : refuse(['message: must be a JSON object'])
}

function readInput(fields: JsonObject, faults: string[]): Input | undefined {
  const control = controls.find(name => name === fields.type)
  if (control === 'ping' || control === 'pong') return { kind: control }
  if (control !== undefined) return readChoice(control, fields.events ?? [], faults)
  const name = fields.eventType ?? fields.event_type ?? undefined
  const isReport = (fields.type ?? 'telemetry') === 'telemetry' && name !== undefined
  if (isReport) return readReport(name, fields.payload, faults)
  faults.push(`type: must be one of ${controls.join(', ')}; a report has an eventType and a payload instead`)
  return undefined
}

function readChoice(kind: 'subscribe' | 'unsubscribe', events: Json, faults: string[]): Input | undefined {
  if (!Array.isArray(events) || !events.every(name => typeof name === 'string')) {
    faults.push('events: must be a list of names of events')
    return undefined
  }
  const names = events as readonly string[]
  if (!names.every(name => eventKinds.includes(name))) {
    faults.push(`events: must be names out of ${eventKinds.join(', ')}`)
  }
  return { kind, events: names }
}

function readReport(name: Json, payload: Json | undefined, faults: string[]): Input | undefined {
  const isNamed = typeof name === 'string' && name.length >= 1 && name.length <= MAX_NAME_LENGTH
  if (!isNamed) faults.push(`eventType: must be a text of 1 to ${MAX_NAME_LENGTH} characters`)
  if (!isObject(payload)) faults.push('payload: must be an object')
  return isNamed && isObject(payload) ? { kind: 'report', eventType: name, payload } : undefined
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
