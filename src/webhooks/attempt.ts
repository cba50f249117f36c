import type { Clock } from '../clock.ts'
import { type TraceContext, traceFields } from '../protocol/trace.ts'
import { VERSION } from '../version.ts'
import type { Letter } from './delivery.ts'
import type { Poster, PostResult } from './post.ts'
import type { Rule } from './rule.ts'
import { signWebhook } from './signature.ts'

/** What makes a span of an attempt to post a message, while somebody collects spans. */
export interface AttemptTraces {
  readonly isOn: boolean
  startAttempt(
    message: Pick<Letter, 'messageId' | 'room' | 'channel' | 'trace'>,
    ruleId: string,
    attempt: number
  ): { readonly trace: TraceContext | undefined; end(result: PostResult): void }
}

/** What an attempt is made with. */
export interface AttemptTools {
  readonly poster: Poster
  readonly clock: Clock
  readonly traces?: AttemptTraces
}

/**
 * Posts a body to a rule's URL once, with the headers of Standard Webhooks [operators.md, op.webhook.*]. `deliveryId` is the same over
 * all attempts of a delivery; the time, and with it the signature, is that of the attempt. The trace goes along as the headers of W3C
 * Trace Context. Never rejects.
 */
export function attempt(
  { poster, clock }: AttemptTools,
  rule: Rule,
  deliveryId: string,
  body: string,
  trace?: TraceContext
): Promise<PostResult> {
  const { url, secret, timeoutMs } = rule
  const timestamp = Math.floor(clock.now() / 1000)
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': `ArqonBus/${VERSION}` }
  for (const [name, value] of Object.entries(rule.headers)) headers[name.toLowerCase()] = value
  headers['webhook-id'] = deliveryId
  headers['webhook-timestamp'] = String(timestamp)
  if (secret !== undefined) headers['webhook-signature'] = signWebhook(secret, deliveryId, timestamp, body)
  if (trace !== undefined) Object.assign(headers, traceFields(trace))
  return poster.post({ url, headers, body, timeoutMs })
}
