import { brief } from './dom.js'

/** What inspection decided, in words. What is only reported, as monitor mode does, is not redacted. */
export function decisionWords(decision, reason) {
  if (decision === 'ALLOW_WITH_REDACTION') return reason === 'CASIL_POLICY_REDACTED' ? 'with redaction' : 'flagged'
  return { ALLOW: 'allowed', BLOCK: 'blocked' }[decision] ?? brief(decision, 30)
}
