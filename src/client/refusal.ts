import type { Json } from '../protocol/json.ts'
import { BusClientError, isRetryable } from './error.ts'
import { isObject } from './frames.ts'

/** The part of an HTTP answer that tells why a handshake was refused. */
export interface HttpAnswer extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number | undefined
  readonly headers: { readonly 'retry-after'?: string | undefined }
}

const MAX_BODY_BYTES = 64 * 1024

/**
 * Reads the HTTP answer that a server gave instead of an upgrade. Never rejects: of a body that breaks off only the status
 * is told.
 * @param place where the handshake went, as it may be shown
 */
export async function readRefusal(place: string, answer: HttpAnswer): Promise<BusClientError> {
  return refusalOf(place, answer.statusCode ?? 0, await readBody(answer), answer.headers['retry-after'])
}

/**
 * The error in an HTTP answer that is no success [limits.md, Codes].
 * @param body the answer's text; what is not JSON is not told
 * @param retryAfter the header of that name, in seconds
 */
export function refusalOf(
  place: string,
  status: number,
  body: string,
  retryAfter: string | null = null
): BusClientError {
  const fields = parseBody(body)
  const { details } = fields
  const sentence = textOf(details) ?? textOf(fields.error)
  const code = textOf(fields.code) ?? 'REFUSED'
  const words = sentence ?? (status < 300 ? 'this is HTTP, and no bus' : undefined)
  return new BusClientError(
    code,
    words === undefined ? `${place} answered ${status}` : `${place} answered ${status}: ${words}`,
    {
      retry: isRetryable(code) ?? (status === 408 || status === 429 || status >= 500),
      retryAfterMs: retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined,
      faults: Array.isArray(details) ? details.filter(detail => typeof detail === 'string') : [],
      status
    }
  )
}

async function readBody(answer: HttpAnswer): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of answer) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > MAX_BODY_BYTES) break
    }
  } catch {
    return ''
  }
  return text
}

function parseBody(text: string): { readonly [key: string]: Json } {
  try {
    const value: Json = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function textOf(value: Json | undefined): string | undefined {
  if (Array.isArray(value)) return value.join('; ')
  return typeof value === 'string' && value !== '' ? value : undefined
}
