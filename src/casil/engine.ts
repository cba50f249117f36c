import type { Json } from '../protocol/json.ts'
import { classify, classifyClean, type Kind } from './classify.ts'
import { decide, decideOnFailure } from './decision.ts'
import { Effort } from './effort.ts'
import type { CompiledPolicy, Policy } from './policy.ts'
import { REDACTED, redact } from './redact.ts'
import { targetOf } from './scope.ts'
import { Allowance, gatherTexts } from './texts.ts'
import { type Verdict, verdictOn, verdictOnClean } from './verdict.ts'

/** What is inspected. */
export interface Inspection {
  /** Empty where there is none. */
  readonly room: string
  /** Empty where there is none. */
  readonly channel: string
  readonly kind: Kind
  readonly payload: Json
  /** UTF-8 length of the payload's JSON text. */
  readonly bytes: number
}

/** Inspects payloads under one policy. Pure: the same input gets the same verdict, and there is always one. */
export interface Casil {
  readonly policy: Policy
  /** False when every verdict would be CASIL_DISABLED, so that a caller need not ask. */
  readonly isEnabled: boolean
  inspect(input: Inspection): Verdict
}

/** Steps for each byte that may be inspected: a few milliseconds for 64 KiB, and as much again for a copy of the payload. */
const STEPS_PER_BYTE = 9
const MIN_STEPS = 65_536 * STEPS_PER_BYTE

/** Makes the engine for one policy [casil.md]; another policy is another engine. */
export function createEngine(compiled: CompiledPolicy): Casil {
  const { policy, isInScope, isNeverLogged, paths, patterns } = compiled
  const steps = Math.max(MIN_STEPS, policy.max_inspect_bytes * STEPS_PER_BYTE)
  return { policy, isEnabled: policy.enabled, inspect }

  function inspect(input: Inspection): Verdict {
    const { kind, payload } = input
    if (!policy.enabled) return verdictOnClean('CASIL_DISABLED', classifyClean(kind), payload)
    const target = targetOf(input.room, input.channel)
    const isHidden = isNeverLogged(target)
    if (!isInScope(target)) {
      return verdictOnClean('CASIL_OUT_OF_SCOPE', classifyClean(kind), isHidden ? REDACTED : payload)
    }
    try {
      return judge(input, isHidden)
    } catch {
      const classification = classify(kind, { hasSecret: false, isOversize: false, isPartial: true })
      return verdictOn(decideOnFailure(policy), classification, { observe: () => REDACTED })
    }
  }

  function judge({ kind, payload, bytes }: Inspection, isHidden: boolean): Verdict {
    const isOversize = policy.max_payload_bytes > 0 && bytes > policy.max_payload_bytes
    const allowance = Allowance.of(bytes, policy.max_inspect_bytes)
    const { texts, keys } = gatherTexts(payload, allowance, paths, REDACTED)
    const { names, isComplete } = matchAll(texts)
    const isPartial = bytes > policy.max_inspect_bytes || !isComplete
    if (names.length === 0 && keys.size === 0 && !isOversize && !isPartial) {
      return verdictOnClean('CASIL_POLICY_ALLOWED', classifyClean(kind), isHidden ? REDACTED : payload)
    }
    const hasSecret = names.length > 0
    const outcome = decide(policy, { hasSecret, isOversize, isPartial, isRedacted: keys.size > 0 })
    const isOnWire =
      outcome.decision === 'ALLOW_WITH_REDACTION' && policy.mode === 'enforce' && policy.transport_redaction
    const carried = isOnWire ? copy(payload, bytes, 'keep') : payload
    return verdictOn(outcome, classify(kind, { hasSecret, isOversize, isPartial }), {
      observe: () => (isHidden ? REDACTED : observe(payload, bytes)),
      transport: carried === payload ? undefined : carried,
      fired: [...names, ...[...keys].map(key => `path ${key}`)]
    })
  }

  /** The patterns that match some text, in their order. Not complete when there would be too much work. */
  function matchAll(texts: readonly string[]): { names: readonly string[]; isComplete: boolean } {
    let fired: Set<string> | undefined
    const effort = new Effort(steps)
    const candidates = patterns.within(texts, effort)
    for (const text of texts) {
      for (const pattern of candidates.suspects(text)) {
        if (fired?.has(pattern.name)) continue
        const isMatch = pattern.matches(text, effort)
        if (isMatch === undefined) return { names: [...(fired ?? [])], isComplete: false }
        if (isMatch) fired = (fired ?? new Set()).add(pattern.name)
      }
    }
    return { names: fired === undefined ? none : [...fired], isComplete: true }
  }

  function observe(payload: Json, bytes: number): Json {
    try {
      return copy(payload, bytes, 'hide')
    } catch {
      return REDACTED
    }
  }

  function copy(payload: Json, bytes: number, beyond: 'hide' | 'keep'): Json {
    const allowance = Allowance.of(bytes, policy.max_inspect_bytes)
    return redact(payload, { paths, patterns, allowance, beyond, effort: new Effort(steps) })
  }
}

const none: readonly string[] = Object.freeze([])
