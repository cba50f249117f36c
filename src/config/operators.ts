import { int, list } from './key.ts'

/** What is sent to other servers when messages are published [limits.md, Limits]. */
export const webhookKeys = {
  webhookAllowCidrs: list({
    env: ['ARQONBUS_WEBHOOK_ALLOW_CIDRS'],
    format: 'cidr',
    allowed: 'addresses or CIDR ranges with commas between them',
    computed: 'this machine (127.0.0.0/8, ::1/128); in `prod` nothing',
    description: 'Addresses that webhooks may go to although they are not public.'
  }),
  maxWebhooksPerClient: int({
    env: ['ARQONBUS_MAX_WEBHOOKS_PER_CLIENT'],
    default: 10,
    min: 0,
    max: 10_000,
    description: 'Webhooks that one connection can own.',
    limit: { row: 'webhooks of a client', over: 'LIMIT_EXCEEDED' }
  }),
  maxWebhooksPerTenant: int({
    env: ['ARQONBUS_MAX_WEBHOOKS_PER_TENANT'],
    default: 50,
    min: 0,
    max: 100_000,
    description: 'Webhooks of one tenant.',
    limit: { row: 'webhooks of a tenant', over: 'LIMIT_EXCEEDED' }
  }),
  webhookConnectTimeoutMs: int({
    env: ['ARQONBUS_WEBHOOK_CONNECT_TIMEOUT_MS'],
    default: 2000,
    min: 10,
    max: 60_000,
    description: 'Time for the connection to a webhook; the rule itself bounds the whole delivery.',
    limit: { row: 'time to connect to a webhook', over: 'the attempt has failed' }
  }),
  webhookResponseBytes: int({
    env: ['ARQONBUS_WEBHOOK_RESPONSE_BYTES'],
    default: 4096,
    min: 0,
    max: 1_048_576,
    description: 'Bytes that are read of the answer of a webhook.',
    limit: { row: 'answer of a webhook', over: 'the rest is not read' }
  }),
  webhookQueueSize: int({
    env: ['ARQONBUS_WEBHOOK_QUEUE_SIZE'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Deliveries of one tenant that wait.',
    limit: { row: 'waiting webhook deliveries of a tenant', over: 'the oldest is dropped and counted' }
  }),
  webhookQueueBytes: int({
    env: ['ARQONBUS_WEBHOOK_QUEUE_BYTES'],
    default: 8_388_608,
    min: 1024,
    max: 1_073_741_824,
    description: 'Bytes of the deliveries of one tenant that wait.',
    limit: { row: 'waiting webhook deliveries of a tenant in bytes', over: 'the oldest is dropped and counted' }
  }),
  webhookConcurrencyPerTenant: int({
    env: ['ARQONBUS_WEBHOOK_CONCURRENCY_PER_TENANT'],
    default: 4,
    min: 1,
    max: 1000,
    description: 'Webhook requests of one tenant at the same time.',
    limit: { row: 'webhook requests of a tenant at once', over: 'the delivery waits' }
  }),
  webhookConcurrency: int({
    env: ['ARQONBUS_WEBHOOK_CONCURRENCY'],
    default: 32,
    min: 1,
    max: 10_000,
    description: 'Webhook requests at the same time.',
    limit: { row: 'webhook requests of the process at once', over: 'the delivery waits' }
  }),
  webhookBreakerFailures: int({
    env: ['ARQONBUS_WEBHOOK_BREAKER_FAILURES'],
    default: 20,
    min: 1,
    max: 10_000,
    description: 'Failed attempts in a row after which a webhook rests.',
    limit: {
      row: 'failures of a webhook in a row',
      over: 'the rule rests, and what matches meanwhile is dead-lettered'
    }
  }),
  webhookBreakerMs: int({
    env: ['ARQONBUS_WEBHOOK_BREAKER_MS'],
    default: 300_000,
    min: 10,
    max: 86_400_000,
    description: 'Time that a failing webhook rests.'
  }),
  webhookLogSize: int({
    env: ['ARQONBUS_WEBHOOK_LOG_SIZE'],
    default: 50,
    min: 1,
    max: 10_000,
    description: 'Attempts that are remembered of one webhook.',
    limit: { row: 'remembered attempts of a webhook', over: 'the oldest is forgotten' }
  }),
  webhookDeadLetters: int({
    env: ['ARQONBUS_WEBHOOK_DEAD_LETTERS'],
    default: 500,
    min: 1,
    max: 100_000,
    description: 'Given-up deliveries of one tenant that can be replayed.',
    limit: { row: 'dead letters of a tenant', over: 'the oldest is forgotten and counted' }
  })
}

/** What is published at times set beforehand [limits.md, Limits]. */
export const cronKeys = {
  maxCronJobsPerClient: int({
    env: ['ARQONBUS_MAX_CRON_JOBS_PER_CLIENT'],
    default: 20,
    min: 0,
    max: 100_000,
    description: 'Jobs that one connection can own.',
    limit: { row: 'cron jobs of a client', over: 'LIMIT_EXCEEDED' }
  }),
  maxCronJobsPerTenant: int({
    env: ['ARQONBUS_MAX_CRON_JOBS_PER_TENANT'],
    default: 200,
    min: 0,
    max: 100_000,
    description: 'Jobs of one tenant.',
    limit: { row: 'cron jobs of a tenant', over: 'LIMIT_EXCEEDED' }
  }),
  maxCronJobs: int({
    env: ['ARQONBUS_MAX_CRON_JOBS'],
    default: 2000,
    min: 0,
    max: 1_000_000,
    description: 'Jobs of the process.',
    limit: { row: 'cron jobs of the process', over: 'LIMIT_EXCEEDED' }
  }),
  cronMinIntervalMs: int({
    env: ['ARQONBUS_CRON_MIN_INTERVAL_MS'],
    min: 10,
    max: 86_400_000,
    computed: '100; in `prod` 1000',
    description: 'Shortest time between two deliveries of a job.',
    limit: { row: 'interval of a cron job, at least', over: 'LIMIT_EXCEEDED' }
  }),
  maxCronPayloadBytes: int({
    env: ['ARQONBUS_MAX_CRON_PAYLOAD_BYTES'],
    default: 65_536,
    min: 2,
    max: 1_048_576,
    description: 'Payload of a job.',
    limit: { row: 'payload of a cron job', over: 'LIMIT_EXCEEDED' }
  }),
  maxCronRepeats: int({
    env: ['ARQONBUS_MAX_CRON_REPEATS'],
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Deliveries of one job with an interval.',
    limit: { row: 'deliveries of a cron job', over: 'LIMIT_EXCEEDED' }
  }),
  maxCronDelaySeconds: int({
    env: ['ARQONBUS_MAX_CRON_DELAY_SECONDS'],
    default: 2_592_000,
    min: 1,
    max: 31_536_000,
    description: 'Longest delay, and longest interval, of a job.',
    limit: { row: 'delay or interval of a cron job', over: 'LIMIT_EXCEEDED' }
  })
}

/** Values that clients keep [limits.md, Limits]. */
export const storeKeys = {
  maxStoreKeys: int({
    env: ['ARQONBUS_MAX_STORE_KEYS'],
    default: 10_000,
    min: 0,
    max: 10_000_000,
    description: 'Keys of one tenant.',
    limit: { row: 'stored keys of a tenant', over: 'LIMIT_EXCEEDED' }
  }),
  maxStoreKeyBytes: int({
    env: ['ARQONBUS_MAX_STORE_KEY_BYTES'],
    default: 256,
    min: 1,
    max: 1024,
    description: 'UTF-8 bytes of one key.',
    limit: { row: 'stored key', over: 'LIMIT_EXCEEDED' }
  }),
  maxStoreValueBytes: int({
    env: ['ARQONBUS_MAX_STORE_VALUE_BYTES'],
    default: 65_536,
    min: 1,
    max: 1_048_576,
    description: 'Bytes of the JSON text of one value.',
    limit: { row: 'stored value', over: 'LIMIT_EXCEEDED' }
  }),
  maxStoreBytes: int({
    env: ['ARQONBUS_MAX_STORE_BYTES'],
    default: 16_777_216,
    min: 1,
    max: 17_179_869_184,
    description: 'Bytes of all keys and values of one tenant.',
    limit: { row: 'stored bytes of a tenant', over: 'LIMIT_EXCEEDED' }
  }),
  maxStoreTtlSeconds: int({
    env: ['ARQONBUS_MAX_STORE_TTL_SECONDS'],
    default: 2_592_000,
    min: 1,
    max: 315_360_000,
    description: 'Longest time that a value with an end is kept; the shortest is a second.',
    limit: { row: 'life of a stored value that has an end', over: 'LIMIT_EXCEEDED' }
  }),
  maxStorePage: int({
    env: ['ARQONBUS_MAX_STORE_PAGE'],
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Keys in one answer.',
    limit: { row: 'listed keys of the store', over: 'the rest is on the next page' }
  }),
  maxStoreWatches: int({
    env: ['ARQONBUS_MAX_STORE_WATCHES'],
    default: 32,
    min: 0,
    max: 10_000,
    description: 'Prefixes that one connection can watch.',
    limit: { row: 'watched prefixes of a connection', over: 'LIMIT_EXCEEDED' }
  })
}

/** HTTP for operators [operators.md, Admin REST]. */
export const restKeys = {
  restPerSecond: int({
    env: ['ARQONBUS_REST_PER_SECOND'],
    default: 100,
    min: 1,
    max: 1_000_000,
    description: 'Requests to `/v1` of one caller in a second.',
    limit: { row: 'requests to `/v1` of a caller in a second', over: '429 with `Retry-After`' }
  }),
  idempotencyWindowMs: int({
    env: ['ARQONBUS_IDEMPOTENCY_WINDOW_MS'],
    default: 86_400_000,
    min: 10,
    max: 604_800_000,
    description: 'Time that an `Idempotency-Key` is remembered with its answer.',
    limit: { row: 'idempotency keys: time', over: 'the same key is a new request' }
  }),
  maxIdempotencyKeys: int({
    env: ['ARQONBUS_MAX_IDEMPOTENCY_KEYS'],
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Idempotency keys that are remembered for one tenant.',
    limit: { row: 'idempotency keys of a tenant', over: 'the oldest is forgotten' }
  }),
  maxIdempotencyBytes: int({
    env: ['ARQONBUS_MAX_IDEMPOTENCY_BYTES'],
    default: 16_777_216,
    min: 1,
    max: 1_073_741_824,
    description: 'Bytes of the answers that are remembered under idempotency keys for one tenant.',
    limit: { row: 'idempotency keys of a tenant: answers', over: 'the oldest is forgotten' }
  }),
  maxBatch: int({
    env: ['ARQONBUS_MAX_BATCH'],
    default: 100,
    min: 1,
    max: 10_000,
    description: 'Messages in one `POST /v1/publish`.',
    limit: { row: 'messages in one request', over: '413' }
  })
}

/** The experimental lane [operators.md, op.omega.*]. */
export const omegaKeys = {
  omegaMaxEvents: int({
    env: ['ARQONBUS_OMEGA_MAX_EVENTS'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Events that the experimental lane remembers for one tenant.',
    limit: { row: 'events of the experimental lane', over: 'the oldest is forgotten' }
  }),
  omegaMaxSubstrates: int({
    env: ['ARQONBUS_OMEGA_MAX_SUBSTRATES'],
    default: 128,
    min: 1,
    max: 100_000,
    description: 'Substrates of one tenant in the experimental lane.',
    limit: { row: 'substrates of the experimental lane', over: 'VALIDATION_ERROR' }
  })
}
