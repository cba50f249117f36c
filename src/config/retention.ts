import { int } from './key.ts'

/** What is remembered of messages, and for how long [limits.md, P4, P5]. */
export const historyKeys = {
  maxHistorySize: int({
    env: ['ARQONBUS_MAX_HISTORY_SIZE'],
    default: 500,
    min: 0,
    max: 100_000,
    description: 'Messages kept for one channel; 0 keeps none.',
    limit: {
      row: 'history of a channel',
      over: 'the oldest are forgotten; recovery from before them answers `recovered: false`'
    }
  }),
  maxHistoryBytesPerChannel: int({
    env: ['ARQONBUS_MAX_HISTORY_BYTES_PER_CHANNEL'],
    default: 1_048_576,
    min: 1024,
    max: 1_073_741_824,
    description: 'Bytes kept for one channel.',
    limit: { row: 'history of a channel in bytes', over: 'the oldest are forgotten' }
  }),
  maxHistoryAgeMs: int({
    env: ['ARQONBUS_MAX_HISTORY_AGE_MS'],
    default: 86_400_000,
    min: 100,
    max: 604_800_000,
    description: 'Time that a message is kept.',
    limit: { row: 'age of history', over: 'the oldest are forgotten' }
  }),
  maxHistoryTotalBytes: int({
    env: ['ARQONBUS_MAX_HISTORY_TOTAL_BYTES'],
    default: 134_217_728,
    min: 1024,
    max: 68_719_476_736,
    description: 'Bytes kept for all channels.',
    limit: { row: 'history of the process', over: 'the oldest of all are forgotten' }
  }),
  maxHistoryReplyBytes: int({
    env: ['ARQONBUS_MAX_HISTORY_REPLY_BYTES'],
    default: 1_048_576,
    min: 1_024,
    max: 16_777_216,
    limit: { row: 'text of the messages in one answer about history', over: 'fewer messages; one always fits' },
    description: 'Most text of messages in one answer about history.'
  }),
  maxRecovery: int({
    env: ['ARQONBUS_MAX_RECOVERY'],
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Missed messages that one join may bring back.',
    limit: { row: 'recovery at a join', over: '`recovered: false`' }
  }),
  duplicateWindowMs: int({
    env: ['ARQONBUS_DUPLICATE_WINDOW_MS'],
    default: 120_000,
    min: 1,
    max: 86_400_000,
    description: 'Time that the id of a message is remembered.',
    limit: { row: 'duplicates: time', over: 'the same id is a new message' }
  }),
  duplicateWindowIds: int({
    env: ['ARQONBUS_DUPLICATE_WINDOW_IDS'],
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Ids remembered for one channel.',
    limit: { row: 'duplicates: ids of a channel', over: 'the same id is a new message' }
  }),
  duplicateWindowTotalIds: int({
    env: ['ARQONBUS_DUPLICATE_WINDOW_TOTAL_IDS'],
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    description: 'Ids remembered for all channels.',
    limit: { row: 'duplicates: ids of the process', over: 'the oldest of all are forgotten' }
  })
}

/** The pace of the process itself, up to its end [limits.md, P11]. */
export const timingKeys = {
  drainTimeoutMs: int({
    env: ['ARQONBUS_DRAIN_TIMEOUT_MS'],
    default: 20_000,
    min: 100,
    max: 300_000,
    description: 'Time for open connections to end when the server shuts down.',
    limit: { row: 'time to drain', over: 'the connection is cut' }
  }),
  drainRetryMs: int({
    env: ['ARQONBUS_DRAIN_RETRY_MS'],
    default: 5000,
    min: 0,
    max: 600_000,
    description: 'Longest delay that a client is told to wait before it connects again; each gets a random one.'
  }),
  maxEventLoopDelayMs: int({
    env: ['ARQONBUS_MAX_EVENT_LOOP_DELAY_MS'],
    default: 1000,
    min: 10,
    max: 60_000,
    description: 'Delay of the event loop above which the server is over pressure.',
    limit: { row: 'delay of the event loop', over: '503 with `Retry-After`; `/ready` answers 503' }
  }),
  statsIntervalMs: int({
    env: ['ARQONBUS_STATS_INTERVAL_MS'],
    default: 60_000,
    min: 100,
    max: 3_600_000,
    description: 'Time between two lines `stats` in the log.'
  }),
  flushIntervalMs: int({
    env: ['ARQONBUS_FLUSH_INTERVAL_MS'],
    default: 0,
    min: 0,
    max: 1000,
    description: 'Time that frames are gathered before they are written; 0 writes once in each turn of the event loop.'
  })
}
