// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface OmegaCommands {
  /** Forget events of the experimental lane: all, or those of a substrate, a signal, or both. */
  'op.omega.clear_events': {
    args: { readonly substrate_id?: string | undefined; readonly signal?: string | undefined }
    result: {
      readonly removed_count: number
      readonly remaining_count: number
      readonly substrate_id: string | null
      readonly signal: string | null
    }
  }
  /** Have a substrate of the experimental lane signal: the lab channel is told, and the event is remembered. */
  'op.omega.emit_event': {
    args: { readonly substrate_id: string; readonly signal: string; readonly payload?: JsonObject | undefined }
    result: {
      readonly event_id: string
      readonly substrate_id: string
      readonly signal: string
      readonly payload: JsonObject
      readonly emitted_by: string
      readonly timestamp: string
    }
  }
  /** List the newest events of the experimental lane, oldest first. */
  'op.omega.list_events': {
    args: {
      readonly limit?: number | undefined
      readonly substrate_id?: string | undefined
      readonly signal?: string | undefined
    }
    result: {
      readonly events: readonly {
        readonly event_id: string
        readonly substrate_id: string
        readonly signal: string
        readonly payload: JsonObject
        readonly emitted_by: string
        readonly timestamp: string
      }[]
      readonly count: number
      readonly limit: number
      readonly substrate_id: string | null
      readonly signal: string | null
    }
  }
  /** List the substrates of the experimental lane, in the order in which they were registered. */
  'op.omega.list_substrates': {
    args: Record<never, never>
    result: {
      readonly substrates: readonly {
        readonly substrate_id: string
        readonly name: string
        readonly kind: string
        readonly owner_client_id: string
        readonly metadata: JsonObject
        readonly created_at: string
      }[]
      readonly count: number
    }
  }
  /** Register a substrate, something that signals, in the experimental lane. */
  'op.omega.register_substrate': {
    args: { readonly name: string; readonly kind: string; readonly metadata?: JsonObject | undefined }
    result: { readonly substrate_id: string; readonly name: string; readonly kind: string; readonly created_at: string }
  }
  /** Show whether the experimental lane is on, and what the tenant has in it. */
  'op.omega.status': {
    args: Record<never, never>
    result: {
      readonly enabled: boolean
      readonly lab_room: string
      readonly lab_channel: string
      readonly max_events: number
      readonly max_substrates: number
      readonly substrate_count: number
      readonly event_count: number
      readonly runtime: 'memory'
    }
  }
  /** Remove a substrate of the experimental lane, and its events. */
  'op.omega.unregister_substrate': {
    args: { readonly substrate_id: string }
    result: {
      readonly removed: true
      readonly substrate_id: string
      readonly name: string
      readonly kind: string
      readonly removed_events: number
    }
  }
}
