// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface HistoryCommands {
  /** Show the latest messages of a channel, or of a room with all its channels, oldest first. */
  history: {
    args: {
      readonly room: string
      readonly channel?: string | undefined
      readonly limit?: number | undefined
      readonly since?: number | string | undefined
    }
    result: {
      readonly room: string
      readonly channel: string | null
      readonly limit: number
      readonly count: number
      readonly total_messages: number
      readonly history: readonly {
        readonly id: string
        readonly message_id: string
        readonly type: string
        readonly sender: string
        readonly room: string
        readonly channel?: string | undefined
        readonly payload: JsonObject
        readonly metadata: JsonObject
        readonly timestamp: string
        readonly stored_at: string
        readonly sequence: number
        readonly epoch: string
      }[]
      readonly messages: readonly {
        readonly id: string
        readonly message_id: string
        readonly type: string
        readonly sender: string
        readonly room: string
        readonly channel?: string | undefined
        readonly payload: JsonObject
        readonly metadata: JsonObject
        readonly timestamp: string
        readonly stored_at: string
        readonly sequence: number
        readonly epoch: string
      }[]
    }
  }
  /** Read stored envelopes of a channel, a room or, for admins, the tenant, newest first. */
  'op.history.get': {
    args: {
      readonly room?: string | undefined
      readonly channel?: string | undefined
      readonly since?: string | undefined
      readonly until?: string | undefined
      readonly limit?: number | undefined
    }
    result: {
      readonly entries: readonly {
        readonly envelope: {
          readonly version: '1.0'
          readonly timestamp: string
          readonly id: string
          readonly type: 'message' | 'event' | 'system' | 'telemetry'
          readonly room?: string | '*' | undefined
          readonly channel?: string | undefined
          readonly to?: readonly string[] | undefined
          readonly sender: string
          readonly payload: JsonObject
          readonly metadata: JsonObject
          readonly sequence?: number | undefined
          readonly epoch?: string | undefined
        }
        readonly stored_at: string
        readonly storage_metadata: { readonly backend: string }
      }[]
      readonly count: number
      readonly room: string | null
      readonly channel: string | null
      readonly since: string | null
      readonly until: string | null
      readonly limit: number
    }
  }
  /** Read stored envelopes of a channel, a room or, for admins, the tenant, newest first. */
  'history.get': {
    args: {
      readonly room?: string | undefined
      readonly channel?: string | undefined
      readonly since?: string | undefined
      readonly until?: string | undefined
      readonly limit?: number | undefined
    }
    result: {
      readonly entries: readonly {
        readonly envelope: {
          readonly version: '1.0'
          readonly timestamp: string
          readonly id: string
          readonly type: 'message' | 'event' | 'system' | 'telemetry'
          readonly room?: string | '*' | undefined
          readonly channel?: string | undefined
          readonly to?: readonly string[] | undefined
          readonly sender: string
          readonly payload: JsonObject
          readonly metadata: JsonObject
          readonly sequence?: number | undefined
          readonly epoch?: string | undefined
        }
        readonly stored_at: string
        readonly storage_metadata: { readonly backend: string }
      }[]
      readonly count: number
      readonly room: string | null
      readonly channel: string | null
      readonly since: string | null
      readonly until: string | null
      readonly limit: number
    }
  }
  /** Read the stored envelopes of a window of time, oldest first, and check that senders numbered them in order. */
  'op.history.replay': {
    args: {
      readonly room?: string | undefined
      readonly channel?: string | undefined
      readonly from_ts: string
      readonly to_ts: string
      readonly limit?: number | undefined
      readonly strict_sequence?: boolean | undefined
    }
    result: {
      readonly entries: readonly {
        readonly envelope: {
          readonly version: '1.0'
          readonly timestamp: string
          readonly id: string
          readonly type: 'message' | 'event' | 'system' | 'telemetry'
          readonly room?: string | '*' | undefined
          readonly channel?: string | undefined
          readonly to?: readonly string[] | undefined
          readonly sender: string
          readonly payload: JsonObject
          readonly metadata: JsonObject
          readonly sequence?: number | undefined
          readonly epoch?: string | undefined
        }
        readonly stored_at: string
        readonly storage_metadata: { readonly backend: string }
      }[]
      readonly count: number
      readonly room: string | null
      readonly channel: string | null
      readonly from_ts: string
      readonly to_ts: string
      readonly limit: number
      readonly strict_sequence: boolean
      readonly latency_ms: number
    }
  }
  /** Read the stored envelopes of a window of time, oldest first, and check that senders numbered them in order. */
  'history.replay': {
    args: {
      readonly room?: string | undefined
      readonly channel?: string | undefined
      readonly from_ts: string
      readonly to_ts: string
      readonly limit?: number | undefined
      readonly strict_sequence?: boolean | undefined
    }
    result: {
      readonly entries: readonly {
        readonly envelope: {
          readonly version: '1.0'
          readonly timestamp: string
          readonly id: string
          readonly type: 'message' | 'event' | 'system' | 'telemetry'
          readonly room?: string | '*' | undefined
          readonly channel?: string | undefined
          readonly to?: readonly string[] | undefined
          readonly sender: string
          readonly payload: JsonObject
          readonly metadata: JsonObject
          readonly sequence?: number | undefined
          readonly epoch?: string | undefined
        }
        readonly stored_at: string
        readonly storage_metadata: { readonly backend: string }
      }[]
      readonly count: number
      readonly room: string | null
      readonly channel: string | null
      readonly from_ts: string
      readonly to_ts: string
      readonly limit: number
      readonly strict_sequence: boolean
      readonly latency_ms: number
    }
  }
}
