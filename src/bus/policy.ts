import { compilePolicy, type Policy } from '../casil/policy.ts'
import { secretRules } from '../casil/rules/index.ts'
import { BusError } from '../errors.ts'

/** The settings that make a policy, as the configuration names them. */
export interface PolicySettings {
  readonly casilEnabled: boolean
  readonly casilMode: Policy['mode']
  readonly casilDefaultDecision: Policy['default_decision']
  readonly casilScopeInclude: readonly string[]
  readonly casilScopeExclude: readonly string[]
  readonly casilMaxPayloadBytes: number
  readonly casilMaxInspectBytes: number
  readonly casilMaxPatterns: number
  readonly casilBlockOnProbableSecret: boolean
  readonly casilRedactionPaths: readonly string[]
  readonly casilRedactionPatterns: readonly string[]
  readonly casilTransportRedaction: boolean
  readonly casilMetadataToLogs: boolean
  readonly casilMetadataToTelemetry: boolean
  readonly casilMetadataToEnvelope: boolean
  readonly casilNeverLogPayloadFor: readonly string[]
  readonly casilSecretRules: boolean
}

/** The policy that a configuration starts with [casil.md, Configuration]. */
export function policyOf(settings: PolicySettings): Policy {
  return Object.freeze({
    enabled: settings.casilEnabled,
    mode: settings.casilMode,
    default_decision: settings.casilDefaultDecision,
    scope_include: settings.casilScopeInclude,
    scope_exclude: settings.casilScopeExclude,
    max_payload_bytes: settings.casilMaxPayloadBytes,
    max_inspect_bytes: settings.casilMaxInspectBytes,
    max_patterns: settings.casilMaxPatterns,
    block_on_probable_secret: settings.casilBlockOnProbableSecret,
    redaction_paths: settings.casilRedactionPaths,
    redaction_patterns: settings.casilRedactionPatterns,
    transport_redaction: settings.casilTransportRedaction,
    metadata_to_logs: settings.casilMetadataToLogs,
    metadata_to_telemetry: settings.casilMetadataToTelemetry,
    metadata_to_envelope: settings.casilMetadataToEnvelope,
    never_log_payload_for: settings.casilNeverLogPayloadFor,
    secret_rules: settings.casilSecretRules
  })
}

/** Everything that keeps the policy of a configuration from being used; empty when it can be. */
export function findPolicyFaults(settings: PolicySettings): readonly string[] {
  try {
    compilePolicy(policyOf(settings), secretRules)
    return []
  } catch (error) {
    if (error instanceof BusError) return error.faults.map(nameVariable)
    throw error
  }
}

/** Every key of a policy has a variable of its name. */
function nameVariable(fault: string): string {
  return fault.replace(/^\w+/, key => `ARQONBUS_CASIL_${key.toUpperCase()}`)
}
