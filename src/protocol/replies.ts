import type { BlockError, BusError } from '../errors.ts'
import type { Position, Stamped } from './message.ts'

/** What every frame made by the server itself begins with. */
export interface Header {
  /** `arq_…` */
  readonly id: string
  /** RFC 3339. */
  readonly timestamp: string
}

/** What a command answers. */
export interface CommandAnswer {
  readonly message: string
  readonly data: object
}

const SENDER = '"sender":"arqonbus"'

/*
 * The text of frames is put together from parts that are JSON already: ids, names and types hold no character that JSON would
 * escape, payload and metadata are the text that came in. Nothing a client sent is parsed and written again on its way.
 */

/** A message as its receivers get it; the position only when it is stored. */
export function deliveryText(message: Stamped, position: Position | undefined): string {
  const to = message.to.length > 0 ? `,"to":${JSON.stringify(message.to)}` : ''
  return (
    `{"id":"${message.id}","type":"${message.type}","version":"1.0","timestamp":"${message.timestamp}"${whereText(message)}${to}` +
    `,"sender":"${message.sender}","payload":${message.payload},"metadata":${message.metadata}${positionText(position)}}`
  )
}

/**
 * The acknowledgement of a message, under the message's own id [protocol.md, Types].
 * @param payload JSON text: the payload as delivered, or `{}` when the sender wants the position only
 * @param position undefined for what is not stored (private messages)
 */
export function acknowledgementText(
  message: Stamped,
  timestamp: string,
  payload: string,
  position: Position | undefined,
  isDuplicate: boolean
): string {
  return (
    `{"id":"${message.id}","type":"message_response","version":"1.0","timestamp":"${timestamp}"${whereText(message)}` +
    `,"status":"success","payload":${payload}${positionText(position)}${isDuplicate ? ',"duplicate":true' : ''},${SENDER},"metadata":{}}`
  )
}

/** The first frame of a connection. */
export function welcomeText(header: Header, payload: object): string {
  return `{${headText(header, 'message')},${SENDER},"payload":${JSON.stringify({ welcome: 'Connected to ArqonBus', ...payload })},"metadata":{}}`
}

/** Refusal of a frame other than a command [protocol.md, Envelope]. */
export function errorText(header: Header, requestId: string | undefined, error: BusError): string {
  return JSON.stringify({
    ...head(header, 'error'),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...refusal(error),
    payload: { errors: faultsOf(error) },
    sender: 'arqonbus',
    metadata: {}
  })
}

/** Refusal of content, of a message or of a command alike [casil.md, Decision]. */
export function blockText(header: Header, requestId: string | undefined, error: BlockError): string {
  return JSON.stringify({
    ...head(header, 'error'),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...refusal(error),
    payload: { reason: error.code },
    ...(error.room === '' ? {} : { room: error.room }),
    ...(error.channel === '' ? {} : { channel: error.channel }),
    sender: 'arqonbus',
    metadata: {}
  })
}

/** The one answer to a command that succeeded. `data` may hold {@link RawJson}. */
export function responseText(header: Header, requestId: string | undefined, answer: CommandAnswer): string {
  const payload = stringifyRaw({ message: answer.message, data: answer.data })
  const request = requestId === undefined ? '' : `,"request_id":"${requestId}"`
  return `{${headText(header, 'response')}${request},"status":"success","payload":${payload},${SENDER},"metadata":{}}`
}

/** The one answer to a command that was refused. */
export function refusalText(header: Header, requestId: string | undefined, error: BusError): string {
  const message = error.code === 'VALIDATION_ERROR' ? `Validation error: ${faultsOf(error).join('; ')}` : error.message
  const data = error.faults.length > 0 ? { errors: error.faults } : {}
  return JSON.stringify({
    ...head(header, 'response'),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    status: 'error',
    ...refusal(error),
    error: message,
    payload: { message, data },
    sender: 'arqonbus',
    metadata: {}
  })
}

/** Answer to `{"type":"ping"}`. */
export function pongText(header: Header, requestId: string | undefined): string {
  const request = requestId === undefined ? '' : `,"request_id":"${requestId}"`
  return `{${headText(header, 'pong')}${request},${SENDER},"payload":{},"metadata":{}}`
}

/** JSON text that stands in an answer as it is, instead of being parsed and written again. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** `JSON.stringify` of plain data in which {@link RawJson} may stand anywhere. */
export function stringifyRaw(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(stringifyRaw).join(',')}]`
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stringifyRaw(member)}`)
  }
  return `{${members.join(',')}}`
}

function headText(header: Header, type: string): string {
  return `"id":"${header.id}","type":"${type}","version":"1.0","timestamp":"${header.timestamp}"`
}

function head(header: Header, type: string): object {
  return { id: header.id, type, version: '1.0', timestamp: header.timestamp }
}

/** A private message may name a channel (`pm`) without a room. */
function whereText({ room, channel }: Stamped): string {
  return (room === '' ? '' : `,"room":"${room}"`) + (channel === '' ? '' : `,"channel":"${channel}"`)
}

function positionText(position: Position | undefined): string {
  return position === undefined ? '' : `,"sequence":${position.sequence},"epoch":"${position.epoch}"`
}

function refusal(error: BusError): object {
  return {
    error: error.message,
    error_code: error.code,
    retry: error.retry,
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(error.retryAfterMs) })
  }
}

function faultsOf(error: BusError): readonly string[] {
  return error.faults.length > 0 ? error.faults : [error.message]
}
