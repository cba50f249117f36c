import { type Static, Type } from '@sinclair/typebox'
import type { DeadLetter } from './dead-letters.ts'
import type { RuleState } from './health.ts'
import type { Attempt } from './journal.ts'
import type { PostResult } from './post.ts'
import type { Rule, RuleFacts } from './rule.ts'

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const StatusOrNull = Type.Union([Type.Integer(), Type.Null()], {
  description: 'HTTP status; null: there was no answer'
})
const Outcome = Type.String({ description: '"ok", "refused", "redirect", "timeout" or "network"' })

const ruleFields = {
  rule_id: Type.String({ description: '"wh_" and twelve hexadecimal digits' }),
  url: Type.String(),
  room: Type.Union([Type.String(), Type.Null()], { description: 'null: any' }),
  channel: Type.Union([Type.String(), Type.Null()], { description: 'null: any' }),
  timeout_seconds: Type.Number(),
  types: Type.Array(Type.String()),
  lifetime: Type.String({ description: '"connection" or "tenant"' }),
  created_at: Type.String()
}

/** A webhook as whoever registered it is answered. */
export const RuleSchema = Type.Object(ruleFields)

/** A webhook in a list. */
export const RuleEntrySchema = Type.Object({
  ...ruleFields,
  owner_client_id: Type.String(),
  state: Type.String({
    description:
      '"active"; "resting" after too many failures, when what matches is dead-lettered; "disabled" after the answer 410'
  }),
  stats: Type.Object({
    delivered: Type.Integer(),
    failed: Type.Integer({ description: 'Failed attempts' }),
    dropped: Type.Integer({ description: 'Dropped since the queue was full' }),
    dead_lettered: Type.Integer(),
    last_status: StatusOrNull,
    last_attempt_at: TextOrNull
  })
})

/** How a sample went. */
export const TestSchema = Type.Object({
  rule_id: Type.String(),
  delivery_id: Type.String(),
  outcome: Outcome,
  status: StatusOrNull,
  duration_ms: Type.Integer()
})

/** One attempt in a list. */
export const AttemptSchema = Type.Object({
  delivery_id: Type.String({ description: 'The same over all attempts, and the header `webhook-id`' }),
  message_id: Type.String(),
  attempt: Type.Integer({ description: 'From 1' }),
  outcome: Outcome,
  status: StatusOrNull,
  duration_ms: Type.Integer(),
  at: Type.String({ description: 'When it ended' }),
  next_attempt_at: Type.Optional(Type.String({ description: 'Absent: there is none' }))
})

/** A given-up delivery in a list. */
export const DeadLetterSchema = Type.Object({
  delivery_id: Type.String(),
  rule_id: Type.String(),
  message_id: Type.String(),
  reason: Type.String({
    description:
      '"exhausted": no attempt is left; "refused": the sink does not want it; "resting", "disabled": the rule was at that time'
  }),
  attempts: Type.Integer(),
  bytes: Type.Integer({ description: 'Length of the body' }),
  at: Type.String({ description: 'When it was given up' })
})

/** A webhook as it is shown: neither its headers nor its secret. */
export function ruleOf(rule: RuleFacts): Static<typeof RuleSchema> {
  const { id, url, room, channel, timeoutMs, types, lifetime, createdAt } = rule
  return {
    rule_id: id,
    url,
    room,
    channel,
    timeout_seconds: timeoutMs / 1000,
    types: [...types],
    lifetime,
    created_at: createdAt
  }
}

/** The same with its owner and how it does. */
export function ruleEntryOf(rule: Rule, state: RuleState): Static<typeof RuleEntrySchema> {
  const { stats, last } = rule.journal
  return {
    ...ruleOf(rule),
    owner_client_id: rule.ownerId,
    state,
    stats: {
      delivered: stats.delivered,
      failed: stats.failed,
      dropped: stats.dropped,
      dead_lettered: stats.deadLettered,
      last_status: last?.status ?? null,
      last_attempt_at: last?.at ?? null
    }
  }
}

/** What came of a sample. */
export function testOf(ruleId: string, deliveryId: string, result: PostResult): Static<typeof TestSchema> {
  return {
    rule_id: ruleId,
    delivery_id: deliveryId,
    outcome: result.outcome,
    status: result.status ?? null,
    duration_ms: Math.round(result.durationMs)
  }
}

export function attemptOf(attempt: Attempt): Static<typeof AttemptSchema> {
  return {
    delivery_id: attempt.deliveryId,
    message_id: attempt.messageId,
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    duration_ms: attempt.durationMs,
    at: attempt.at,
    ...(attempt.nextAttemptAt === undefined ? {} : { next_attempt_at: attempt.nextAttemptAt })
  }
}

export function deadLetterOf({ id, rule, letter, reason, attempts, at }: DeadLetter): Static<typeof DeadLetterSchema> {
  return {
    delivery_id: id,
    rule_id: rule.id,
    message_id: letter.messageId,
    reason,
    attempts,
    bytes: letter.bytes,
    at
  }
}
