import type { Timer } from '../clock.ts'
import type { Position, Stamped } from '../protocol/message.ts'
import { deliveryText } from '../protocol/replies.ts'
import { type TraceContext, traceOfText } from '../protocol/trace.ts'
import type { Link } from './chain.ts'
import type { PostResult } from './post.ts'
import type { Rule } from './rule.ts'

/** A message as all rules that match it post it. */
export interface Letter {
  readonly messageId: string
  readonly room: string
  readonly channel: string
  /** JSON text, made once. */
  readonly body: string
  /** UTF-8 length of the body. */
  readonly bytes: number
  /** The trace that the message is in. */
  readonly trace: TraceContext | undefined
}

/** One letter on its way to one rule. */
export class Delivery {
  readonly rule: Rule
  readonly letter: Letter
  /** Attempts that have begun. */
  attempts = 0
  /** Its place among all that waits in the tenant; undefined while it is under way. */
  place: Link<Delivery> | undefined
  /** Its place in the rule's line; undefined while it is under way or waits for its time. */
  turn: Link<Delivery> | undefined
  /** Runs while it waits for its time. */
  timer: Timer | undefined
  readonly #makeId: () => string
  #id: string | undefined

  constructor(rule: Rule, letter: Letter, makeId: () => string) {
    this.rule = rule
    this.letter = letter
    this.#makeId = makeId
  }

  /** The same over all attempts. Made when it is first asked for: what is dropped from a full queue mostly needs none. */
  get id(): string {
    this.#id ??= this.#makeId()
    return this.#id
  }
}

/** Makes the letter of a message; payload and metadata stay the text that they are [operators.md, op.webhook.*]. */
export function letterOf(message: Stamped, position: Position | undefined): Letter {
  const { id, room, channel, sender, metadata } = message
  const envelope = deliveryText(message, position)
  const body = `{"rule_version":"v1","sender_client_id":"${sender}","envelope":${envelope}}`
  return { messageId: id, room, channel, body, bytes: Buffer.byteLength(body), trace: traceOfText(metadata) }
}

/** Delays before the second attempt and those after it [limits.md, Limits]. */
const RETRY_DELAYS_MS = [1_000, 5_000, 25_000]
/** Share of a delay by which it may be shorter or longer. */
const JITTER = 0.2

/**
 * Milliseconds until the next attempt, after `attempts` of them; undefined when there is none. `Retry-After` is the least delay.
 * @param random a number in [0, 1)
 */
export function retryDelay(attempts: number, result: PostResult, random: number): number | undefined {
  const baseMs = RETRY_DELAYS_MS[attempts - 1]
  if (baseMs === undefined || !isPassing(result)) return undefined
  return Math.max(baseMs * (1 - JITTER + 2 * JITTER * random), result.retryAfterMs ?? 0)
}

/** Whether a failure may be over at another time. */
export function isPassing({ outcome, status }: PostResult): boolean {
  if (outcome === 'network' || outcome === 'timeout') return true
  return outcome === 'refused' && status !== undefined && (status === 408 || status === 429 || status >= 500)
}
