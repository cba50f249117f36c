import { int, toggle } from './key.ts'

/** Who watches what happens, and what dashboards are told of agents [limits.md, Limits]. */
export const telemetryKeys = {
  telemetryPortIsExplicit: toggle({
    env: [],
    default: false,
    computed: 'whether the port of the telemetry socket was set',
    description: 'Whether the port of the telemetry socket was asked for, so that a busy one is an error.'
  }),
  maxTelemetryClients: int({
    env: ['ARQONBUS_MAX_TELEMETRY_CLIENTS'],
    default: 50,
    min: 0,
    max: 10_000,
    description: 'Clients of the telemetry socket.',
    limit: { row: 'telemetry clients', over: '503 with `Retry-After`' }
  }),
  telemetryQueueBytes: int({
    env: ['ARQONBUS_TELEMETRY_QUEUE_BYTES'],
    default: 262_144,
    min: 1024,
    max: 1_073_741_824,
    description: 'Bytes of the events that wait for one telemetry client.',
    limit: { row: 'waiting events of a telemetry client', over: 'the oldest are dropped and counted' }
  }),
  maxTelemetryMessageBytes: int({
    env: ['ARQONBUS_MAX_TELEMETRY_MESSAGE_BYTES'],
    default: 65_536,
    min: 256,
    max: 1_048_576,
    description: 'Bytes of one message from a telemetry client.',
    limit: { row: 'message of a telemetry client', over: 'closed with 1009' }
  }),
  telemetryMessagesPerSecond: int({
    env: ['ARQONBUS_TELEMETRY_MESSAGES_PER_SECOND'],
    default: 100,
    min: 1,
    max: 1_000_000,
    description: 'Messages a second from one telemetry client.',
    limit: { row: 'messages of a telemetry client in a second', over: 'RATE_LIMITED, then closed with 4429' }
  }),
  activityPerSecond: int({
    env: ['ARQONBUS_ACTIVITY_PER_SECOND'],
    default: 10,
    min: 1,
    max: 1_000_000,
    description: 'Notices `agent_activity` about one client in a second; twice as many at once.',
    limit: { row: 'notices of activity of a client in a second', over: 'counted in `suppressed` of the next' }
  }),
  activityTotalPerSecond: int({
    env: ['ARQONBUS_ACTIVITY_TOTAL_PER_SECOND'],
    default: 500,
    min: 1,
    max: 1_000_000,
    description: 'Notices `agent_activity` about all clients in a second; twice as many at once.',
    limit: { row: 'notices of activity of the process in a second', over: 'counted in `suppressed` of the next' }
  })
}
