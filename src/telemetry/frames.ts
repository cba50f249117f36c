import { Type } from '@sinclair/typebox'
import { errorTable } from '../errors.ts'
import { eventKinds } from './kinds.ts'

const Moment = Type.String({ format: 'date-time' })
const Kinds = Type.Array(Type.String({ enum: [...eventKinds] }), {
  description: 'Kinds of events; none stand for all of them',
  examples: [['client_connected', 'slow_consumer']]
})
const Content = Type.Object({}, { additionalProperties: true })

/** What a client of the telemetry socket sends, by what it is [protocol.md, Telemetry socket]. */
export const telemetryInputs = {
  ping: Type.Object({ type: Type.Literal('ping') }),
  subscribe: Type.Object({ type: Type.Literal('subscribe'), events: Type.Optional(Kinds) }),
  unsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), events: Type.Optional(Kinds) }),
  report: Type.Object({
    eventType: Type.String({ minLength: 1, maxLength: 128, examples: ['heartbeat'] }),
    payload: Type.Object({}, { additionalProperties: true, examples: [{ load: 0.4 }] })
  })
}

const facts = {
  timestamp: '2026-11-22T12:00:00.000Z',
  event_id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
  source: 'arqonbus',
  metadata: {},
  severity: 'info'
}
const CLIENT = 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00'

/** What a client of the telemetry socket is sent, by what it is. */
export const telemetryOutputs = {
  connected: Type.Object({
    event_type: Type.Literal('telemetry_connected'),
    timestamp: Moment,
    message: Type.Literal('Connected to ArqonBus telemetry'),
    server_config: Type.Object({
      host: Type.String(),
      port: Type.Integer({ examples: [9101] }),
      filtered_events: Type.Array(Type.String(), { maxItems: 0, examples: [[]] })
    })
  }),
  event: Type.Object(
    {
      event_type: Type.String({
        description: `One of ${eventKinds.join(', ')}; \`dropped\` when events were lost on the way; or the name that a client gave its report`
      }),
      eventType: Type.String({ description: 'The same' }),
      timestamp: Moment,
      event_id: Type.String(),
      source: Type.String({
        enum: ['arqonbus', 'telemetry'],
        description: '`arqonbus`: what the server knows itself; `telemetry`: what a client reported'
      }),
      client_id: Type.Optional(Type.String()),
      metadata: Type.Object({ tenant_id: Type.Optional(Type.String()) }),
      payload: Content,
      severity: Type.String({ enum: ['info', 'warning', 'error'] })
    },
    {
      examples: [
        {
          ...facts,
          event_type: 'client_connected',
          eventType: 'client_connected',
          client_id: CLIENT,
          payload: { client_type: 'ai-agent' }
        },
        {
          ...facts,
          event_type: 'command_failed',
          eventType: 'command_failed',
          client_id: CLIENT,
          payload: { command: 'channel_info', duration_ms: 0.2, error_code: 'CHANNEL_NOT_FOUND' },
          severity: 'warning'
        },
        {
          ...facts,
          event_type: 'dropped',
          eventType: 'dropped',
          payload: { dropped: 3, total: 3 },
          severity: 'warning'
        },
        {
          ...facts,
          event_type: 'heartbeat',
          eventType: 'heartbeat',
          source: 'telemetry',
          client_id: CLIENT,
          payload: { load: 0.4 }
        }
      ]
    }
  ),
  pong: Type.Object({ type: Type.Literal('pong'), timestamp: Moment }),
  subscribed: Type.Object({ type: Type.Literal('subscribed'), events: Kinds }),
  unsubscribed: Type.Object({ type: Type.Literal('unsubscribed'), events: Kinds }),
  error: Type.Object(
    {
      type: Type.Literal('error'),
      error: Type.String(),
      error_code: Type.String({ enum: Object.keys(errorTable) }),
      retry: Type.Boolean(),
      retry_after_ms: Type.Optional(Type.Integer({ minimum: 0 })),
      payload: Type.Object({
        errors: Type.Optional(Type.Array(Type.String())),
        reason: Type.Optional(Type.String({ description: 'Why inspection does not let the content pass' }))
      })
    },
    {
      examples: [
        {
          type: 'error',
          error: 'Message validation failed',
          error_code: 'VALIDATION_ERROR',
          retry: false,
          payload: { errors: ['payload: must be an object'] }
        }
      ]
    }
  )
}
