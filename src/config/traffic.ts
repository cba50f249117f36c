import { int } from './key.ts'

/** How many rooms and channels there may be [limits.md, Limits]. */
export const channelKeys = {
  maxMemberships: int({
    env: ['ARQONBUS_MAX_MEMBERSHIPS'],
    default: 512,
    min: 1,
    max: 100_000,
    description: 'Channels that one connection is a member of.',
    limit: { row: 'memberships of a connection', over: 'LIMIT_EXCEEDED' }
  }),
  maxRoomsPerTenant: int({
    env: ['ARQONBUS_MAX_ROOMS_PER_TENANT'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Rooms of one tenant.',
    limit: { row: 'rooms of a tenant', over: 'LIMIT_EXCEEDED' }
  }),
  maxChannelsPerRoom: int({
    env: ['ARQONBUS_MAX_CHANNELS_PER_ROOM'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Channels of one room.',
    limit: { row: 'channels of a room', over: 'LIMIT_EXCEEDED' }
  }),
  maxChannels: int({
    env: ['ARQONBUS_MAX_CHANNELS'],
    default: 50_000,
    min: 1,
    max: 10_000_000,
    description: 'Channels of all tenants.',
    limit: { row: 'channels of the process', over: 'LIMIT_EXCEEDED' }
  }),
  emptyChannelGraceMs: int({
    env: ['ARQONBUS_EMPTY_CHANNEL_GRACE_MS'],
    default: 300_000,
    min: 0,
    max: 86_400_000,
    description: 'Time that a channel made by use is kept without members, so that its history survives a reconnect.',
    limit: { row: 'life of an empty channel', over: 'forgotten with its history; one made by command stays' }
  })
}

/** How fast one connection may send [limits.md, Limits]. */
export const rateKeys = {
  publishPerSecond: int({
    env: ['ARQONBUS_PUBLISH_PER_SECOND'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Messages a second of one connection.',
    limit: { row: 'messages a second', over: 'the connection is not read for a while' }
  }),
  publishBurst: int({
    env: ['ARQONBUS_PUBLISH_BURST'],
    default: 2000,
    min: 1,
    max: 10_000_000,
    description: 'Messages of one connection at once.',
    limit: { row: 'messages at once', over: 'the connection is not read for a while' }
  }),
  rateAbuseMs: int({
    env: ['ARQONBUS_RATE_ABUSE_MS'],
    default: 10_000,
    min: 100,
    max: 3_600_000,
    description: 'Time that a connection may stay above its rate of messages.',
    limit: { row: 'time above the rate', over: 'RATE_LIMITED, then closed with 4429' }
  }),
  commandsPerSecond: int({
    env: ['ARQONBUS_COMMANDS_PER_SECOND'],
    default: 50,
    min: 1,
    max: 1_000_000,
    description: 'Commands a second of one connection.',
    limit: { row: 'commands a second', over: 'RATE_LIMITED' }
  }),
  commandBurst: int({
    env: ['ARQONBUS_COMMAND_BURST'],
    default: 100,
    min: 1,
    max: 10_000_000,
    description: 'Commands of one connection at once.',
    limit: { row: 'commands at once', over: 'RATE_LIMITED' }
  }),
  heavyCommandsPerSecond: int({
    env: ['ARQONBUS_HEAVY_COMMANDS_PER_SECOND'],
    default: 10,
    min: 1,
    max: 1_000_000,
    description: 'Commands a second of one connection that read much: status, history, lists.',
    limit: { row: 'heavy commands a second', over: 'RATE_LIMITED' }
  }),
  heavyCommandBurst: int({
    env: ['ARQONBUS_HEAVY_COMMAND_BURST'],
    default: 20,
    min: 1,
    max: 10_000_000,
    description: 'Heavy commands of one connection at once.',
    limit: { row: 'heavy commands at once', over: 'RATE_LIMITED' }
  })
}

/** How much may wait for readers that are slow [limits.md, P6]. */
export const outboundKeys = {
  maxOutboundBytes: int({
    env: ['ARQONBUS_MAX_OUTBOUND_BYTES'],
    default: 4_194_304,
    min: 1024,
    max: 1_073_741_824,
    description: 'Bytes that wait to be sent to one connection.',
    limit: { row: 'outbound queue of a connection', over: 'closed with 4428; 1006 if not even that is read' }
  }),
  maxOutboundAgeMs: int({
    env: ['ARQONBUS_MAX_OUTBOUND_AGE_MS'],
    default: 10_000,
    min: 50,
    max: 600_000,
    description: 'Time that the oldest unsent byte of a connection may wait.',
    limit: { row: 'age of the outbound queue', over: 'closed with 4428; 1006 if not even that is read' }
  }),
  maxOutboundTotalBytes: int({
    env: ['ARQONBUS_MAX_OUTBOUND_TOTAL_BYTES'],
    default: 268_435_456,
    min: 1024,
    max: 68_719_476_736,
    description: 'Bytes that wait to be sent to all connections.',
    limit: { row: 'outbound queues of the process', over: 'those with the longest queues are closed with 4428' }
  })
}
