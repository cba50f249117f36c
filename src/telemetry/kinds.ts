/** Every kind of event that a watcher can choose, by name [protocol.md, Telemetry socket]. */
export const eventKinds: readonly string[] = [
  'authentication_failed',
  'casil_decision',
  'channel_created',
  'channel_deleted',
  'client_connected',
  'client_disconnected',
  'client_joined',
  'client_left',
  'command_executed',
  'command_failed',
  'cron_fired',
  'message_routed',
  'slow_consumer',
  'stats',
  'system_started',
  'system_stopping',
  'telemetry',
  'webhook_delivered',
  'webhook_failed'
]

/** The kind of what clients report themselves, whatever they call it. */
export const REPORT_KIND = 'telemetry'

/** What concerns the process and says nothing about any tenant. Everything else that concerns the process is for those who see all. */
const openKinds: ReadonlySet<string> = new Set(['system_started', 'system_stopping'])

/**
 * Whether a watcher may know of an event [limits.md, P7, P18].
 * @param watcher the tenant that the watcher belongs to; undefined for one who sees all
 * @param tenant the tenant that the event concerns; undefined for the process as a whole
 */
export function isVisible(kind: string, tenant: string | undefined, watcher: string | undefined): boolean {
  if (watcher === undefined) return true
  return tenant === undefined ? openKinds.has(kind) : tenant === watcher
}
