// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface CasilCommands {
  /** Show the policy by which contents are inspected. */
  'op.casil.get': {
    args: Record<never, never>
    result: {
      readonly enabled: boolean
      readonly mode: 'monitor' | 'enforce'
      readonly default_decision: 'allow' | 'block'
      readonly scope_include: readonly string[]
      readonly scope_exclude: readonly string[]
      readonly max_payload_bytes: number
      readonly max_inspect_bytes: number
      readonly max_patterns: number
      readonly block_on_probable_secret: boolean
      readonly redaction_paths: readonly string[]
      readonly redaction_patterns: readonly string[]
      readonly transport_redaction: boolean
      readonly metadata_to_logs: boolean
      readonly metadata_to_telemetry: boolean
      readonly metadata_to_envelope: boolean
    }
  }
  /** Change any part of the policy, whole or not at all; it applies from the next message on, in all tenants. Not for admins of one tenant. */
  'op.casil.reload': {
    args: {
      readonly enabled?: boolean | undefined
      readonly mode?: 'monitor' | 'enforce' | undefined
      readonly default_decision?: 'allow' | 'block' | undefined
      readonly scope_include?: readonly string[] | undefined
      readonly scope_exclude?: readonly string[] | undefined
      readonly max_payload_bytes?: number | undefined
      readonly max_inspect_bytes?: number | undefined
      readonly max_patterns?: number | undefined
      readonly block_on_probable_secret?: boolean | undefined
      readonly redaction_paths?: readonly string[] | undefined
      readonly redaction_patterns?: readonly string[] | undefined
      readonly transport_redaction?: boolean | undefined
      readonly metadata_to_logs?: boolean | undefined
      readonly metadata_to_telemetry?: boolean | undefined
      readonly metadata_to_envelope?: boolean | undefined
    }
    result: {
      readonly enabled: boolean
      readonly mode: 'monitor' | 'enforce'
      readonly default_decision: 'allow' | 'block'
      readonly scope_include: readonly string[]
      readonly scope_exclude: readonly string[]
      readonly max_payload_bytes: number
      readonly max_inspect_bytes: number
      readonly max_patterns: number
      readonly block_on_probable_secret: boolean
      readonly redaction_paths: readonly string[]
      readonly redaction_patterns: readonly string[]
      readonly transport_redaction: boolean
      readonly metadata_to_logs: boolean
      readonly metadata_to_telemetry: boolean
      readonly metadata_to_envelope: boolean
    }
  }
  /** Say what would happen to a payload in a channel, and why, without sending it. */
  'op.casil.test': {
    args: { readonly room: string; readonly channel: string; readonly payload: JsonObject }
    result: {
      readonly room: string
      readonly channel: string
      readonly decision: string
      readonly reason_code: string
      readonly policy_code: string | null
      readonly classification: { readonly kind: string; readonly risk_level: string; readonly flags: JsonObject }
      readonly fired: readonly string[]
      readonly payload: JsonObject | null
    }
  }
}
