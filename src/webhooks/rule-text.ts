import { Type } from '@sinclair/typebox'
import type { Json } from '../protocol/json.ts'
import { compileCheck } from '../protocol/schema.ts'
import { type RuleFacts, ruleTypes } from './rule.ts'

const TextOrNull = Type.Union([Type.String(), Type.Null()])

/** Further properties are those of newer versions. */
const RuleTextSchema = Type.Object({
  id: Type.String(),
  tenant: Type.String(),
  ownerId: Type.String(),
  createdAt: Type.String(),
  url: Type.String(),
  room: TextOrNull,
  channel: TextOrNull,
  headers: Type.Record(Type.String(), Type.String()),
  timeoutMs: Type.Number(),
  secret: Type.Optional(Type.String()),
  types: Type.Array(Type.Unsafe<string>({ enum: ruleTypes })),
  lifetime: Type.Unsafe<string>({ enum: ['connection', 'tenant'] }),
  rights: Type.Unknown()
})

const check = compileCheck(RuleTextSchema)

/** A rule as it stands in its record, with its headers and its secret in clear, and what its owner may read. */
export interface RuleText extends RuleFacts {
  readonly rights: Json
}

/** The JSON text from which every node can make the rule. */
export function textOfRule(facts: RuleFacts, rights: Json): string {
  return JSON.stringify({ ...facts, rights })
}

/** What a text says; undefined when it is not that of a rule. */
export function readRuleText(text: string): RuleText | undefined {
  try {
    const read: unknown = JSON.parse(text)
    if (check(read).length > 0) return undefined
    const { secret, ...rest } = read as RuleText
    return URL.canParse(rest.url) ? { ...rest, secret } : undefined
  } catch {
    return undefined
  }
}
