import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { errorTable } from '../errors.ts'
import { NAME_PATTERN } from './address.ts'
import { ID_PATTERN } from './envelope.ts'

const CLIENT = 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00'
const OTHER = 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee01'

const FrameId = Type.String({ pattern: ID_PATTERN })
const Name = Type.String({ pattern: NAME_PATTERN })
const Payload = Type.Object({}, { additionalProperties: true })
const Server = Type.Literal('arqonbus')

const head = {
  version: Type.Literal('1.0'),
  timestamp: Type.String({ format: 'date-time', description: 'Time of the server' })
}
const own = {
  ...head,
  id: Type.String({ pattern: ID_PATTERN, examples: ['arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00'] })
}
const place = {
  room: Type.Optional(Type.Union([Name, Type.Literal('*', { description: 'All of the tenant' })])),
  channel: Type.Optional(Type.String({ pattern: NAME_PATTERN, description: 'Absent for a room as a whole' }))
}
const position = {
  sequence: Type.Optional(Type.Integer({ minimum: 1, description: 'Present on what history holds' })),
  epoch: Type.Optional(Type.String({ description: 'Sequences of different epochs cannot be compared' }))
}
const request = {
  request_id: Type.Optional(
    Type.String({ description: 'The id of the frame that is answered, if it had one', examples: ['arq_1'] })
  )
}
const refusal = {
  error: Type.String({ examples: ['Message validation failed'] }),
  error_code: Type.String({ enum: Object.keys(errorTable), examples: ['VALIDATION_ERROR'] }),
  retry: Type.Boolean({ description: 'Whether the same frame may succeed later' }),
  retry_after_ms: Type.Optional(Type.Integer({ minimum: 0, examples: [1000] }))
}
const metadata = { metadata: Payload }

/** The fields of a message as a receiver gets it [protocol.md, Envelope]. */
function deliveredFields(type: TSchema): TProperties {
  return {
    ...head,
    id: FrameId,
    type,
    ...place,
    to: Type.Optional(Type.Array(Type.String(), { description: 'The client ids that a private message is for' })),
    sender: Type.String({ description: 'A client id, or the part of the server that sends' }),
    payload: Payload,
    ...metadata,
    ...position
  }
}

function delivered(type: string, example: object): TObject {
  const common = { version: '1.0', timestamp: '2026-11-22T12:00:00.000Z', metadata: {} }
  return frame(deliveredFields(Type.Literal(type)), { examples: [{ type, ...common, ...example }] })
}

function frame(properties: TProperties, options: object = {}): TObject {
  return Type.Object(properties, options)
}

const there = { room: 'science', channel: 'explore' }
const stored = { ...there, sequence: 42, epoch: '5f0c3a9b1d2e' }

/** Everything that is sent on the bus but for the answers to commands, by what it is [protocol.md, Types]. */
export const serverFrames = {
  welcome: frame({
    ...own,
    type: Type.Literal('message'),
    sender: Server,
    payload: Type.Object({
      welcome: Type.Literal('Connected to ArqonBus'),
      client_id: Type.String(),
      protocol: Type.Literal('1.0'),
      node: Type.String(),
      limits: Type.Object({
        max_message_bytes: Type.Integer({ examples: [1048576] }),
        max_memberships: Type.Integer({ examples: [512] }),
        history: Type.Integer({ description: 'Messages that a channel keeps', examples: [500] })
      }),
      features: Type.Array(Type.String(), { examples: [['history', 'recovery', 'presence', 'private', 'open']] })
    }),
    ...metadata
  }),
  message: delivered('message', { id: 'arq_report-17', ...stored, sender: CLIENT, payload: { text: 'hello' } }),
  event: delivered('event', { id: 'arq_start-3', ...stored, sender: CLIENT, payload: { name: 'run_started' } }),
  private: delivered('private', {
    id: 'arq_whisper-1',
    to: [OTHER],
    sender: CLIENT,
    payload: { text: 'for you alone' }
  }),
  system: delivered('system', {
    id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
    ...there,
    sender: 'arqonbus',
    payload: { event: 'client_joined', ...there, client_id: OTHER, client_type: 'human', participant_count: 2 }
  }),
  telemetry: delivered('telemetry', {
    id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
    room: 'integriguard',
    channel: 'telemetry-stream',
    sequence: 7,
    epoch: '5f0c3a9b1d2e',
    sender: CLIENT,
    payload: { eventType: 'heartbeat', payload: { load: 0.4 } }
  }),
  acknowledgement: frame({
    ...head,
    id: Type.String({ pattern: ID_PATTERN, description: 'The id of the message itself', examples: ['arq_report-17'] }),
    type: Type.Literal('message_response'),
    ...place,
    status: Type.Literal('success'),
    payload: Type.Object({}, { additionalProperties: true, description: 'As delivered; empty with `ack: true`' }),
    ...position,
    duplicate: Type.Optional(Type.Literal(true, { description: 'The id was published before: nothing was sent now' })),
    sender: Server,
    ...metadata
  }),
  error: frame(
    {
      ...own,
      type: Type.Literal('error'),
      ...request,
      ...refusal,
      payload: Type.Object({
        errors: Type.Optional(
          Type.Array(Type.String(), { description: 'Every fault', examples: [['type: is required']] })
        ),
        reason: Type.Optional(Type.String({ description: 'Why inspection does not let the content pass' }))
      }),
      ...place,
      sender: Server,
      ...metadata
    },
    {
      examples: [
        {
          id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
          type: 'error',
          version: '1.0',
          timestamp: '2026-11-22T12:00:00.000Z',
          error: 'Message validation failed',
          error_code: 'VALIDATION_ERROR',
          retry: false,
          payload: { errors: ['type: is required'] },
          sender: 'arqonbus',
          metadata: {}
        }
      ]
    }
  ),
  refusal: frame(
    {
      ...own,
      type: Type.Literal('response'),
      ...request,
      status: Type.Literal('error'),
      ...refusal,
      payload: Type.Object({
        message: Type.String(),
        data: Type.Object({ errors: Type.Optional(Type.Array(Type.String(), { description: 'Every fault' })) })
      }),
      sender: Server,
      ...metadata
    },
    {
      examples: [
        {
          id: 'arq_0198f2c0-7a1c-7000-b6f4-d2a1c0ffee00',
          type: 'response',
          version: '1.0',
          timestamp: '2026-11-22T12:00:00.000Z',
          request_id: 'arq_1',
          status: 'error',
          error: 'Channel not found: science:nowhere',
          error_code: 'CHANNEL_NOT_FOUND',
          retry: false,
          payload: { message: 'Channel not found: science:nowhere', data: {} },
          sender: 'arqonbus',
          metadata: {}
        }
      ]
    }
  ),
  pong: frame({ ...own, type: Type.Literal('pong'), ...request, sender: Server, payload: Type.Object({}), ...metadata })
} as const satisfies Record<string, TObject>

/** The answer to a command that succeeded. */
export function responseFrame(result: TSchema): TObject {
  return frame({
    ...own,
    type: Type.Literal('response'),
    ...request,
    status: Type.Literal('success'),
    payload: Type.Object({ message: Type.String({ description: 'For people', examples: ['Done'] }), data: result }),
    sender: Server,
    ...metadata
  })
}

/** An envelope of history: what its members got. */
export const StoredEnvelope = frame(
  deliveredFields(Type.Unsafe<string>({ type: 'string', enum: ['message', 'event', 'system', 'telemetry'] })),
  { description: 'An envelope as members got it', examples: serverFrames.message.examples }
)
