import { type CloseVerdict, closeTable, type ErrorCode, errorTable } from '../errors.ts'
import { type Frame, isObject } from './frames.ts'

/**
 * Codes of what goes wrong at the client's end. Every other code comes from the server [limits.md, Codes].
 *
 * - `CLOSED`: the connection is gone; `closeCode` and `verdict` say how and what to do.
 * - `OFFLINE`: there is no connection at present, and the client was told not to queue.
 * - `OVERFLOW`: more was asked of the client than it buffers.
 * - `PROTOCOL`: the peer sent something that is not the protocol.
 * - `REFUSED`: the server answered the handshake with the HTTP `status` and named no code.
 * - `TOKEN`: `getToken` failed, or took too long; `cause` says why.
 * - `UNCERTAIN`: the connection broke before the acknowledgement, and it cannot be found out whether the message was published.
 * - `UNREACHABLE`: there was no answer at all.
 */
export type ClientErrorCode =
  | 'CLOSED'
  | 'OFFLINE'
  | 'OVERFLOW'
  | 'PROTOCOL'
  | 'REFUSED'
  | 'TOKEN'
  | 'UNCERTAIN'
  | 'UNREACHABLE'

/** What a {@link BusClientError} may carry beside its code and its sentence. */
export interface BusClientErrorOptions {
  readonly retry?: boolean | undefined
  readonly retryAfterMs?: number | undefined
  readonly faults?: readonly string[] | undefined
  readonly status?: number | undefined
  readonly closeCode?: number | undefined
  readonly verdict?: CloseVerdict | undefined
  readonly cause?: unknown
}

/** The only error that the client rejects with. */
export class BusClientError extends Error {
  /** An {@link ErrorCode} of the server or a {@link ClientErrorCode}; a newer server may know more. */
  readonly code: string
  /** Whether the same request may succeed later without being changed. */
  readonly retry: boolean
  /** When a retry makes sense, in milliseconds from now, where known. */
  readonly retryAfterMs: number | undefined
  /** Every fault of the request, one sentence each. */
  readonly faults: readonly string[]
  /** HTTP status, when the handshake was refused. */
  readonly status: number | undefined
  /** WebSocket close code, when the connection is gone. */
  readonly closeCode: number | undefined
  /** What to do after that close code. */
  readonly verdict: CloseVerdict | undefined

  constructor(code: ErrorCode | ClientErrorCode | string, message: string, options: BusClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'BusClientError'
    this.code = code
    this.retry = options.retry ?? false
    this.retryAfterMs = options.retryAfterMs
    this.faults = options.faults ?? []
    this.status = options.status
    this.closeCode = options.closeCode
    this.verdict = options.verdict
  }
}

/** Whatever was thrown, as an error of the client. */
export function toClientError(cause: unknown): BusClientError {
  return cause instanceof BusClientError
    ? cause
    : new BusClientError('INTERNAL_ERROR', cause instanceof Error ? cause.message : String(cause), { cause })
}

/** What a socket reports when the connection ended without a closing handshake. */
export const NO_CLOSING_HANDSHAKE = 1006

/** How a connection ended. */
export interface Closure {
  readonly code: number
  /** What the server wrote beside the code; usually empty. */
  readonly reason: string
  readonly verdict: CloseVerdict
  /** When to connect again, in milliseconds from now, where the server said so. */
  readonly retryAfterMs: number | undefined
}

const FIRST_PRIVATE_CODE = 4000

/**
 * Reads a close code and its reason [limits.md, Codes]. A code that the table does not hold is a lost connection (1001,
 * 1005, 1006 …), which is worth a retry, or a private code of a newer server, which is not.
 */
export function closureOf(code: number, reason: string): Closure {
  const verdict = closeRowOf(code)?.verdict ?? (code < FIRST_PRIVATE_CODE ? 'retry' : 'stop')
  return { code, reason, verdict, retryAfterMs: retryAfterMsOf(reason) }
}

/** The closure in one clause: `the connection was closed with 4410 (the token has expired): get a new token, then recover`. */
export function describeClosure(closure: Closure): string {
  const { code, reason, retryAfterMs, verdict } = closure
  const row = closeRowOf(code)
  const use = row?.use ?? (reason === '' ? 'no reason given' : JSON.stringify(reason))
  const advice = retryAfterMs === undefined ? (row?.client ?? verdict) : `retry after ${retryAfterMs} ms`
  return `the connection was closed with ${code} (${use}): ${advice}`
}

/** The error of everything that a closed connection leaves unanswered. */
export function errorOfClosure(closure: Closure): BusClientError {
  return new BusClientError('CLOSED', describeClosure(closure), {
    retry: closure.verdict === 'retry',
    retryAfterMs: closure.retryAfterMs,
    closeCode: closure.code,
    verdict: closure.verdict
  })
}

/** The error in a frame by which the server refuses a message or a command [protocol.md, Envelope]. */
export function errorOfFrame(frame: Frame): BusClientError {
  const payload = isObject(frame.payload) ? frame.payload : {}
  const faults = payload.errors ?? (isObject(payload.data) ? payload.data.errors : undefined)
  const code = typeof frame.error_code === 'string' ? frame.error_code : 'INTERNAL_ERROR'
  const sentence = payload.message ?? frame.error
  return new BusClientError(code, typeof sentence === 'string' ? sentence : code, {
    retry: typeof frame.retry === 'boolean' ? frame.retry : isRetryable(code),
    retryAfterMs: typeof frame.retry_after_ms === 'number' ? frame.retry_after_ms : undefined,
    faults: Array.isArray(faults)
      ? faults.map(fault => (typeof fault === 'string' ? fault : JSON.stringify(fault)))
      : []
  })
}

/** Whether the table of errors says that a code is worth a retry; undefined for a code that it does not hold. */
export function isRetryable(code: string): boolean | undefined {
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].retry : undefined
}

/** Whether the close code asks to back off before the next attempt. */
export function isOverload(code: number): boolean {
  return code === 1013 || code === 4429
}

function closeRowOf(
  code: number
): { readonly use: string; readonly client: string; readonly verdict: CloseVerdict } | undefined {
  return Object.hasOwn(closeTable, code) ? closeTable[code as keyof typeof closeTable] : undefined
}

function retryAfterMsOf(reason: string): number | undefined {
  try {
    const value: unknown = JSON.parse(reason)?.retry_ms
    return typeof value === 'number' ? value : undefined
  } catch {
    return undefined
  }
}
