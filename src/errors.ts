/** One row of the error table: what the code means to a program and to the person who reads it. */
export interface ErrorRow {
  /** HTTP status used when the error is answered over HTTP. */
  readonly status: number
  /** Whether the same request may succeed later without being changed. */
  readonly retry: boolean
  /** The sentence used when the place that raises the error has nothing more exact to say. */
  readonly message: string
  /** What it means and what to do about it, for `docs/errors.md`. */
  readonly meaning: string
}

/**
 * Every error that can leave the server, by code [limits.md, Codes]. A code is never reused for another meaning.
 * The first group is answered over HTTP before an upgrade, the second in band.
 */
export const errorTable = {
  BAD_HANDSHAKE: row(
    400,
    false,
    'Bad handshake',
    'The request is not a well-formed WebSocket upgrade, or a client field in its query string is not valid. `details` names every fault.'
  ),
  AUTH_REQUIRED: row(
    401,
    false,
    'Unauthorized',
    'No token was presented. Send `Authorization: Bearer …` or the subprotocol `bearer.<jwt>`.'
  ),
  AUTH_INVALID: row(
    401,
    false,
    'Unauthorized',
    'The token was refused: wrong signature, algorithm, issuer, audience or claims, or it has expired. Get a new one.'
  ),
  ORIGIN_DENIED: row(
    403,
    false,
    'Origin not allowed',
    'The page that opened the socket is not on the list of allowed origins.'
  ),
  REQUEST_TIMEOUT: row(408, true, 'Request timed out', 'The request was not complete in time.'),
  PAYLOAD_TOO_LARGE: row(413, false, 'Request body too large', 'The HTTP body is over the limit.'),
  URI_TOO_LONG: row(414, false, 'URL too long', 'The request URL is over the limit.'),
  UNSUPPORTED_MEDIA_TYPE: row(
    415,
    false,
    'Unsupported media type',
    'The HTTP body is not JSON, or does not say so: send `Content-Type: application/json`.'
  ),
  HEADERS_TOO_LARGE: row(431, false, 'Request headers too large', 'The header block is over the limit.'),
  OVERLOADED: row(
    503,
    true,
    'Server is overloaded',
    'The process holds as many connections as it may, or is over pressure. Try again after `Retry-After` seconds.'
  ),

  VALIDATION_ERROR: row(
    400,
    false,
    'Message validation failed',
    'The frame, or the arguments of the command, are not as the protocol says. `payload.errors` names every fault by field.'
  ),
  AUTHORIZATION_ERROR: row(
    403,
    false,
    'Not authorized',
    'The role or the capabilities of the connection do not allow this.'
  ),
  NOT_FOUND: row(404, false, 'Not found', 'The thing named does not exist, or belongs to another tenant.'),
  CHANNEL_NOT_FOUND: row(404, false, 'Channel not found', 'The channel does not exist and may not be created by use.'),
  TARGET_NOT_FOUND: row(
    404,
    false,
    'Target not found',
    'None of the clients that a private message names is connected.'
  ),
  CONFLICT: row(409, false, 'Conflict', 'The request contradicts the present state.'),
  CHANNEL_EXISTS: row(409, false, 'Channel already exists', 'A channel of that name exists in the room.'),
  CHANNEL_NOT_EMPTY: row(409, false, 'Channel is not empty', 'Only a channel without members can be deleted.'),
  CHANNEL_PROTECTED: row(
    403,
    false,
    'Channel is protected',
    'The channel is part of every server and cannot be deleted.'
  ),
  UNKNOWN_COMMAND: row(404, false, 'Unknown command', 'There is no command of that name. `help` lists all of them.'),
  RATE_LIMITED: row(
    429,
    true,
    'Rate limit exceeded',
    'Too much in too short a time. Try again after `retry_after_ms`.'
  ),
  LIMIT_EXCEEDED: row(
    413,
    false,
    'Limit exceeded',
    'A bound of `docs/limits.md` would be passed. The message names it.'
  ),
  CASIL_POLICY_BLOCKED_SECRET: row(
    422,
    false,
    'CASIL blocked message',
    'The content looks like a credential, and the policy of the channel blocks those. Nothing was delivered or stored.'
  ),
  CASIL_POLICY_OVERSIZE: row(
    422,
    false,
    'CASIL blocked message',
    'The payload is larger than the policy of the channel allows. Nothing was delivered or stored.'
  ),
  CASIL_INTERNAL_ERROR: row(
    422,
    false,
    'CASIL blocked message',
    'The content could not be inspected to its end, and the policy of the channel blocks what was not inspected.'
  ),
  FEATURE_DISABLED: row(
    409,
    false,
    'Feature is disabled',
    'The server was started without the feature that the request needs.'
  ),
  ENGINE_UNAVAILABLE: row(
    503,
    true,
    'Engine is unavailable',
    'The message engine cannot be reached. Nothing was published; try again.'
  ),
  DRAINING: row(
    503,
    true,
    'Server is shutting down',
    'The server takes no new work. Connect again; another process will answer.'
  ),
  TIMEOUT: row(504, true, 'Timed out', 'The work was not finished in time.'),
  EXECUTION_ERROR: row(
    500,
    true,
    'Command failed',
    'The command could not be carried out. The message carries an id that stands in the server log.'
  ),
  INFRA_PROTOCOL_ERROR: row(
    400,
    false,
    'Binary frames are not supported',
    'Only text frames that hold one JSON object are understood.'
  ),
  INTERNAL_ERROR: row(
    500,
    true,
    'Internal error',
    'Something failed that should not. The message carries an id that stands in the server log.'
  )
} as const satisfies Record<string, ErrorRow>

/** The code of an error, as it stands in `error_code` and in `code` over HTTP. */
export type ErrorCode = keyof typeof errorTable

/** What a client does after a close code. */
export type CloseVerdict = 'stop' | 'retry' | 'new token'

/** One row of the table of close codes. */
export interface CloseRow {
  readonly use: string
  readonly client: string
  readonly verdict: CloseVerdict
}

/** Every WebSocket close code the server sends, with what the client should do [limits.md, Codes]. */
export const closeTable = {
  1000: close('normal end', 'stop', 'stop'),
  1002: close('the frame breaks RFC 6455', 'stop, fix the client', 'stop'),
  1003: close('a kind of data that cannot be accepted', 'stop, fix the client', 'stop'),
  1007: close('a text frame that is not UTF-8', 'stop, fix the client', 'stop'),
  1008: close('too many fragments, or a flood of control frames', 'not retry', 'stop'),
  1009: close('a message over the size limit', 'stop, send less', 'stop'),
  1011: close('internal error', 'retry with backoff', 'retry'),
  1012: close('the server drains; the reason is `{"retry_ms": n}`', 'retry after `retry_ms`', 'retry'),
  1013: close('the server is over pressure', 'back off, then retry', 'retry'),
  4400: close('too many protocol errors', 'not retry', 'stop'),
  4401: close('the token presented for a refresh is bad', 'get a new token', 'new token'),
  4403: close('no longer allowed', 'stop', 'stop'),
  4408: close('no answer to a ping, or a message not finished, in time', 'retry', 'retry'),
  4410: close('the token has expired', 'get a new token, then recover', 'new token'),
  4428: close('slow consumer: the client did not read what was sent', 'retry and recover', 'retry'),
  4429: close('sustained abuse of a rate limit', 'back off, then retry', 'retry')
} as const satisfies Record<number, CloseRow>

/** A close code of {@link closeTable}. */
export type CloseCode = keyof typeof closeTable

/** What a {@link BusError} may carry beside its code. */
export interface BusErrorOptions {
  /** A more exact sentence than the table's. It is shown to the peer: no payload, token or exception text. */
  readonly message?: string
  /** Every fault, one sentence each. */
  readonly faults?: readonly string[]
  /** When a retry makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number
  /** The underlying error, for the log only. */
  readonly cause?: unknown
}

/** The only error that crosses a boundary between parts. What it says may be shown to the peer. */
export class BusError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly string[]
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, options: BusErrorOptions = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause })
    this.name = 'BusError'
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfterMs = options.retryAfterMs
  }

  /** HTTP status of the code. */
  get status(): number {
    return errorTable[this.code].status
  }

  /** Whether the same request may succeed later. */
  get retry(): boolean {
    return errorTable[this.code].retry
  }
}

/** Content that the policy does not let through [casil.md, Decision]. */
export class BlockError extends BusError {
  /** Empty where there is none. */
  readonly room: string
  readonly channel: string

  constructor(code: BlockCode, room: string, channel: string) {
    super(code)
    this.name = 'BlockError'
    this.room = room
    this.channel = channel
  }
}

/** Why content is blocked. */
export type BlockCode = Extract<ErrorCode, `CASIL_${string}`>

function row(status: number, retry: boolean, message: string, meaning: string): ErrorRow {
  return { status, retry, message, meaning }
}

function close(use: string, client: string, verdict: CloseVerdict): CloseRow {
  return { use, client, verdict }
}
