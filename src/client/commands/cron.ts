// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface CronCommands {
  /** End a job of the own ones; for admins, any of the tenant. */
  'op.cron.cancel': {
    args: { readonly job_id: string }
    result: { readonly job_id: string }
  }
  /** List the own jobs that are not finished; for admins, all of the tenant. */
  'op.cron.list': {
    args: Record<never, never>
    result: {
      readonly jobs: readonly {
        readonly job_id: string
        readonly room: string
        readonly channel: string
        readonly delay_seconds: number | null
        readonly interval_seconds: number | null
        readonly repeat_count: number | null
        readonly created_at: string
        readonly next_run_at: string
        readonly cron?: string | undefined
        readonly timezone?: string | undefined
        readonly lifetime?: string | undefined
        readonly owner_client_id: string
        readonly fired: number
        readonly last_run_at: string | null
      }[]
      readonly count: number
    }
  }
  /** Have a message published later, once, several times, or by a cron expression. */
  'op.cron.schedule': {
    args: {
      readonly room: string
      readonly channel: string
      readonly payload: JsonObject
      readonly delay_seconds?: number | undefined
      readonly interval_seconds?: number | undefined
      readonly repeat_count?: number | undefined
      readonly cron?: string | undefined
      readonly timezone?: string | undefined
      readonly lifetime?: 'connection' | 'tenant' | undefined
    }
    result: {
      readonly job_id: string
      readonly room: string
      readonly channel: string
      readonly delay_seconds: number | null
      readonly interval_seconds: number | null
      readonly repeat_count: number | null
      readonly created_at: string
      readonly next_run_at: string
      readonly cron?: string | undefined
      readonly timezone?: string | undefined
      readonly lifetime?: string | undefined
    }
  }
}
