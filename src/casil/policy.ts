import { type Static, type StringOptions, Type } from '@sinclair/typebox'
import { BusError } from '../errors.ts'
import { compileCheck } from '../protocol/schema.ts'
import { compileGlob, type Matcher } from '../structures/glob.ts'
import { defaultPaths, defaultRules } from './defaults.ts'
import { combinePatterns, findPatternFault, Pattern, type Patterns, type SecretRule } from './patterns.ts'
import { compileScope } from './scope.ts'

export type { SecretRule } from './patterns.ts'

const MAX_PATTERNS = 64
const MAX_LIST = 256
const MAX_WORD = 256

/** The keys that commands show and change [casil.md, Seen from outside]. */
const publicKeys = {
  enabled: toggle('Whether anything is inspected.'),
  mode: choice(['monitor', 'enforce'], 'Whether findings are only reported, or acted upon.'),
  default_decision: choice(['allow', 'block'], 'What happens when inspection fails, or ends at its limit.'),
  scope_include: words('Targets that are inspected; none means all.'),
  scope_exclude: words('Targets that are not inspected, whatever `scope_include` says.'),
  max_payload_bytes: bytes(0, 'Largest payload, in UTF-8 bytes of its JSON text; 0 means no bound of its own.'),
  max_inspect_bytes: bytes(1, 'So much of a payload is inspected, from its start, in UTF-8 bytes.'),
  max_patterns: number(1, MAX_PATTERNS, 'Largest number of `redaction_patterns`.'),
  block_on_probable_secret: toggle('Whether enforce mode blocks a probable secret.'),
  redaction_paths: words('Keys whose values are redacted, at any depth.'),
  redaction_patterns: list(
    'patterns',
    {},
    'What is a probable secret, in RE2 syntax; none means the default patterns.'
  ),
  transport_redaction: toggle('Whether enforce mode redacts what members get, too.'),
  metadata_to_logs: toggle('Whether decisions are logged.'),
  metadata_to_telemetry: toggle('Whether decisions are telemetry events.'),
  metadata_to_envelope: toggle('Whether delivered envelopes carry the decision.')
}

const closed = { additionalProperties: false }

/** The policy as `op.casil.get` shows it: 15 keys. */
export const PublicPolicySchema = Type.Object(publicKeys, closed)

/** What `op.casil.reload` takes: any of the 15 keys. */
export const PolicyChangesSchema = Type.Partial(PublicPolicySchema, {
  ...closed,
  examples: [{ mode: 'enforce', block_on_probable_secret: true }]
})

/** The whole policy. The last two keys belong to the configuration and do not change at run time. */
export const PolicySchema = Type.Object(
  {
    ...publicKeys,
    never_log_payload_for: words('Globs of targets whose payloads never reach logs or telemetry.'),
    secret_rules: toggle('Whether the built-in table of secret formats is used beside the patterns.')
  },
  closed
)

export type PublicPolicy = Readonly<Static<typeof PublicPolicySchema>>
export type Policy = Readonly<Static<typeof PolicySchema>>

/** What applies where nothing is configured [casil.md, Configuration]. */
export const defaultPolicy: Policy = Object.freeze({
  enabled: false,
  mode: 'monitor',
  default_decision: 'allow',
  scope_include: [],
  scope_exclude: [],
  max_payload_bytes: 262_144,
  max_inspect_bytes: 65_536,
  max_patterns: 32,
  block_on_probable_secret: false,
  redaction_paths: [...defaultPaths],
  redaction_patterns: [],
  transport_redaction: false,
  metadata_to_logs: true,
  metadata_to_telemetry: true,
  metadata_to_envelope: false,
  never_log_payload_for: [],
  secret_rules: false
})

/** A policy ready for use. Immutable. */
export interface CompiledPolicy {
  readonly policy: Policy
  readonly isInScope: Matcher
  /** Whether the payloads of a target are kept out of logs and telemetry. */
  readonly isNeverLogged: Matcher
  readonly paths: ReadonlySet<string>
  readonly patterns: Patterns
}

const compiledRules = new WeakMap<SecretRule, Pattern>()
const checkPolicy = compileCheck(PolicySchema)
const checkChanges = compileCheck(PolicyChangesSchema)

/**
 * Compiles a policy.
 * @param rules the built-in table, used if the policy has `secret_rules` on
 * @throws BusError VALIDATION_ERROR with every fault, the patterns by index and text
 */
export function compilePolicy(policy: Policy, rules: readonly SecretRule[] = []): CompiledPolicy {
  refuse([...checkPolicy(policy), ...findPatternFaults(policy)])
  const own = policy.redaction_patterns.map((source, index) => ({ name: patternName(index), source }))
  const sources = [...(own.length > 0 ? own : defaultRules), ...(policy.secret_rules ? rules : [])]
  const neverLogged = policy.never_log_payload_for.map(compileGlob)
  return {
    policy,
    isInScope: compileScope(policy.scope_include, policy.scope_exclude),
    isNeverLogged: target => neverLogged.some(matches => matches(target)),
    paths: new Set(policy.redaction_paths),
    patterns: combinePatterns(sources.map(compileRule))
  }
}

/**
 * The policy after a change at run time, whole or not at all.
 * @param changes any of the 15 public keys
 * @throws BusError VALIDATION_ERROR with every fault
 */
export function mergePolicy(current: Policy, changes: unknown): Policy {
  const faults = checkChanges(changes)
  const next: Policy = Object.freeze({ ...current, ...(changes as Partial<PublicPolicy>) })
  refuse([...faults, ...findPatternFaults(next)])
  return next
}

/** The 15 keys of a policy that commands show. */
export function toPublicPolicy(policy: Policy): PublicPolicy {
  const { never_log_payload_for: _, secret_rules: __, ...rest } = policy
  return rest
}

/** Rules of tables are compiled once, not again at every change of the policy, which would stop the loop for a while. */
function compileRule(rule: SecretRule): Pattern {
  const pattern = compiledRules.get(rule) ?? new Pattern(rule)
  compiledRules.set(rule, pattern)
  return pattern
}

function findPatternFaults({ redaction_patterns: patterns, max_patterns: most }: Policy): string[] {
  if (!Array.isArray(patterns)) return []
  const faults =
    patterns.length > most ? [`redaction_patterns: ${patterns.length} patterns, more than max_patterns ${most}`] : []
  for (const [index, source] of patterns.slice(0, MAX_PATTERNS).entries()) {
    const fault = typeof source === 'string' ? findPatternFault(source) : undefined
    if (fault !== undefined) faults.push(`${patternName(index)}: ${quote(source)} ${fault}`)
  }
  return faults
}

function patternName(index: number): string {
  return `redaction_patterns[${index}]`
}

function quote(source: string): string {
  return JSON.stringify(source.length > 64 ? `${source.slice(0, 64)}…` : source)
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new BusError('VALIDATION_ERROR', { faults, message: 'The CASIL policy is not valid' })
}

function toggle(description: string) {
  return Type.Boolean({ expected: 'true or false', description })
}

function choice<const Word extends string>(values: readonly Word[], description: string) {
  return Type.Unsafe<Word>({ type: 'string', enum: values, expected: `one of ${values.join(', ')}`, description })
}

function number(minimum: number, maximum: number, description: string) {
  return Type.Integer({ minimum, maximum, expected: `a whole number from ${minimum} to ${maximum}`, description })
}

function bytes(minimum: number, description: string) {
  return number(minimum, 16_777_216, description)
}

function words(description: string) {
  return list(`texts of 1 to ${MAX_WORD} characters`, { minLength: 1, maxLength: MAX_WORD }, description)
}

function list(what: string, bounds: StringOptions, description: string) {
  const expected = `a list of at most ${MAX_LIST} ${what}`
  const items = Type.String({ ...bounds, expected })
  return Type.Unsafe<readonly string[]>(Type.Array(items, { maxItems: MAX_LIST, expected, description }))
}
