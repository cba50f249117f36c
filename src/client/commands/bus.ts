// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface BusCommands {
  /** List every command with its arguments. */
  help: {
    args: Record<never, never>
    result: {
      readonly count: number
      readonly commands: readonly {
        readonly name: string
        readonly aliases: readonly string[]
        readonly summary: string
        readonly role: string
        readonly args: JsonObject
      }[]
    }
  }
  /** Ask whether the bus answers. */
  ping: {
    args: Record<never, never>
    result: {
      readonly pong: true
      readonly latency_ms: number
      readonly client_id: string
      readonly timestamp: string
      readonly client_info: {
        readonly client_id: string
        readonly client_type: string
        readonly screen_name?: string | undefined
        readonly avatar?: string | undefined
        readonly personality?: string | undefined
        readonly role: string
        readonly tenant_id: string
        readonly connected_at: string
      }
    }
  }
  /** Replace the token of the connection by a newer one of the same subject, without reconnecting. */
  refresh: {
    args: { readonly token: string }
    result: { readonly role: string; readonly expires_at: string | null }
  }
  /** Show what the bus is doing, as far as it concerns the own tenant; for the role superadmin, in all tenants. */
  status: {
    args: Record<never, never>
    result: {
      readonly server: { readonly status: 'running'; readonly version: string; readonly uptime_seconds: number }
      readonly connections: { readonly active: number; readonly total: number }
      readonly total_connections: number
      readonly active_connections: number
      readonly active_rooms: number
      readonly active_channels: number
      readonly total_messages: number
      readonly messages: { readonly total: number }
      readonly rooms: number
      readonly channels: number
      readonly clients: number
      readonly timestamp: string
    }
  }
  /** Show the own client record, what it may do and what is left of its limits. */
  whoami: {
    args: Record<never, never>
    result: {
      readonly client: {
        readonly client_id: string
        readonly client_type: string
        readonly screen_name?: string | undefined
        readonly avatar?: string | undefined
        readonly personality?: string | undefined
        readonly role: string
        readonly tenant_id: string
        readonly connected_at: string
      }
      readonly subject: string | null
      readonly expires_at: string | null
      readonly capabilities: {
        readonly publish: readonly string[] | null
        readonly subscribe: readonly string[] | null
      }
      readonly channels: readonly string[]
      readonly limits: {
        readonly memberships_left: number
        readonly commands_left: number
        readonly heavy_commands_left: number
      }
    }
  }
}
