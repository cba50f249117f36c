// Made by `npm run docs:generate` from src/commands.
import type { JsonObject } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface WebhooksCommands {
  /** List the deliveries that were given up, of one webhook or of all that you may see, the newest first. */
  'op.webhook.dead_letters': {
    args: { readonly rule_id?: string | undefined; readonly limit?: number | undefined }
    result: {
      readonly dead_letters: readonly {
        readonly delivery_id: string
        readonly rule_id: string
        readonly message_id: string
        readonly reason: string
        readonly attempts: number
        readonly bytes: number
        readonly at: string
      }[]
      readonly count: number
      readonly total: number
    }
  }
  /** List the last attempts to deliver to a webhook, the newest first. */
  'op.webhook.deliveries': {
    args: { readonly rule_id: string }
    result: {
      readonly rule_id: string
      readonly deliveries: readonly {
        readonly delivery_id: string
        readonly message_id: string
        readonly attempt: number
        readonly outcome: string
        readonly status: number | null
        readonly duration_ms: number
        readonly at: string
        readonly next_attempt_at?: string | undefined
      }[]
      readonly count: number
    }
  }
  /** Show one webhook, with what became of its deliveries. */
  'op.webhook.get': {
    args: { readonly rule_id: string }
    result: {
      readonly rule_id: string
      readonly url: string
      readonly room: string | null
      readonly channel: string | null
      readonly timeout_seconds: number
      readonly types: readonly string[]
      readonly lifetime: string
      readonly created_at: string
      readonly owner_client_id: string
      readonly state: string
      readonly stats: {
        readonly delivered: number
        readonly failed: number
        readonly dropped: number
        readonly dead_lettered: number
        readonly last_status: number | null
        readonly last_attempt_at: string | null
      }
    }
  }
  /** List your webhooks, as an admin those of the tenant, with what became of their deliveries. */
  'op.webhook.list': {
    args: Record<never, never>
    result: {
      readonly rules: readonly {
        readonly rule_id: string
        readonly url: string
        readonly room: string | null
        readonly channel: string | null
        readonly timeout_seconds: number
        readonly types: readonly string[]
        readonly lifetime: string
        readonly created_at: string
        readonly owner_client_id: string
        readonly state: string
        readonly stats: {
          readonly delivered: number
          readonly failed: number
          readonly dropped: number
          readonly dead_lettered: number
          readonly last_status: number | null
          readonly last_attempt_at: string | null
        }
      }[]
      readonly count: number
    }
  }
  /** Have every message and event of a channel, a room or the whole tenant posted to a URL. */
  'op.webhook.register': {
    args: {
      readonly url: string
      readonly room?: string | undefined
      readonly channel?: string | undefined
      readonly headers?: JsonObject | undefined
      readonly timeout_seconds?: number | undefined
      readonly secret?: string | undefined
      readonly types?: readonly ('message' | 'event')[] | undefined
      readonly lifetime?: 'connection' | 'tenant' | undefined
    }
    result: {
      readonly rule_id: string
      readonly url: string
      readonly room: string | null
      readonly channel: string | null
      readonly timeout_seconds: number
      readonly types: readonly string[]
      readonly lifetime: string
      readonly created_at: string
    }
  }
  /** Put a delivery that was given up back into the queue. */
  'op.webhook.replay': {
    args: { readonly delivery_id: string }
    result: { readonly delivery_id: string; readonly rule_id: string }
  }
  /** Post a sample to a webhook, once and at once, and say how that went. */
  'op.webhook.test': {
    args: { readonly rule_id: string }
    result: {
      readonly rule_id: string
      readonly delivery_id: string
      readonly outcome: string
      readonly status: number | null
      readonly duration_ms: number
    }
  }
  /** Remove a webhook, with what waits for it and what was given up. */
  'op.webhook.unregister': {
    args: { readonly rule_id: string }
    result: { readonly rule_id: string }
  }
}
