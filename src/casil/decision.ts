import type { Traits } from './classify.ts'
import type { Policy } from './policy.ts'
import type { Outcome } from './verdict.ts'

/** What inspection found, as far as it decides. */
export interface Findings extends Traits {
  /** Whether a path or a pattern takes something out of the payload. */
  readonly isRedacted: boolean
}

type Rules = Pick<Policy, 'mode' | 'default_decision' | 'block_on_probable_secret'>

const allowed: Outcome = { decision: 'ALLOW', reason: 'CASIL_POLICY_ALLOWED', policyCode: undefined }

/** The decision table [casil.md, Decision], from the top. Monitor mode says what enforce mode would do, and blocks nothing. */
export function decide(policy: Rules, findings: Findings): Outcome {
  const strict = enforce(policy, findings)
  if (policy.mode === 'enforce' || strict === allowed) return strict
  if (strict.decision === 'BLOCK') {
    return { decision: 'ALLOW', reason: 'CASIL_MONITOR_MODE', policyCode: strict.reason }
  }
  return { decision: strict.decision, reason: 'CASIL_POLICY_ALLOWED', policyCode: strict.reason }
}

function enforce(policy: Rules, { hasSecret, isOversize, isPartial, isRedacted }: Findings): Outcome {
  const isBlocking = policy.block_on_probable_secret
  if (hasSecret && isBlocking) return outcome('BLOCK', 'CASIL_POLICY_BLOCKED_SECRET')
  if (isOversize) return outcome('BLOCK', 'CASIL_POLICY_OVERSIZE')
  // What could not be looked at is too large for a policy that blocks, whatever was redacted in the part that was looked at.
  if (isPartial && isBlocking && policy.default_decision === 'block') return outcome('BLOCK', 'CASIL_POLICY_OVERSIZE')
  if (hasSecret || isRedacted) return outcome('ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED')
  return allowed
}

/** The decision on a payload whose inspection failed. */
export function decideOnFailure({ mode, default_decision }: Rules): Outcome {
  const isBlocked = mode === 'enforce' && default_decision === 'block'
  return outcome(isBlocked ? 'BLOCK' : 'ALLOW', 'CASIL_INTERNAL_ERROR')
}

function outcome(decision: Outcome['decision'], reason: Outcome['reason']): Outcome {
  return { decision, reason, policyCode: undefined }
}
