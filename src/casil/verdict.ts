import type { Json } from '../protocol/json.ts'
import type { Classification } from './classify.ts'

/** What happens to a message. */
export type Decision = 'ALLOW' | 'ALLOW_WITH_REDACTION' | 'BLOCK'

/** Why. */
export type Reason =
  | 'CASIL_POLICY_ALLOWED'
  | 'CASIL_POLICY_REDACTED'
  | 'CASIL_POLICY_BLOCKED_SECRET'
  | 'CASIL_POLICY_OVERSIZE'
  | 'CASIL_MONITOR_MODE'
  | 'CASIL_OUT_OF_SCOPE'
  | 'CASIL_DISABLED'
  | 'CASIL_INTERNAL_ERROR'

/** What was decided about one payload [casil.md, Decision]. */
export interface Verdict {
  readonly decision: Decision
  readonly reason: Reason
  /** In monitor mode, the reason that enforce mode would have given, where it is another. */
  readonly policyCode: Reason | undefined
  readonly classification: Classification
  /**
   * The payload as logs and telemetry may carry it: the payload itself if nothing in it is to be hidden. Made when it is first
   * read, since most verdicts are never printed.
   */
  readonly observable: Json
  /** What members, history, webhooks and the acknowledgement get instead of the payload; undefined where they get the payload. */
  readonly transport: Json | undefined
  /** Names of the rules, patterns and paths that fired, never what they matched. */
  readonly fired: readonly string[]
  readonly isInternalError: boolean
}

/** The outcome of a policy, apart from the payload. */
export interface Outcome {
  readonly decision: Decision
  readonly reason: Reason
  readonly policyCode: Reason | undefined
}

const none: readonly string[] = Object.freeze([])

/** The verdict on a payload in which nothing fired, or that was not looked at. */
export function verdictOnClean(reason: Reason, classification: Classification, observable: Json): Verdict {
  return {
    decision: 'ALLOW',
    reason,
    policyCode: undefined,
    classification,
    observable,
    transport: undefined,
    fired: none,
    isInternalError: false
  }
}

/** Any other verdict. `observe` is called at most once. */
export function verdictOn(
  outcome: Outcome,
  classification: Classification,
  details: { readonly observe: () => Json; readonly transport?: Json | undefined; readonly fired?: readonly string[] }
): Verdict {
  let observed: Json | undefined
  return {
    ...outcome,
    classification,
    get observable() {
      observed ??= details.observe()
      return observed
    },
    transport: details.transport,
    fired: details.fired ?? none,
    isInternalError: outcome.reason === 'CASIL_INTERNAL_ERROR'
  }
}
