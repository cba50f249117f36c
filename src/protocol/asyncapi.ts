import type { TObject, TSchema } from '@sinclair/typebox'
import { clientTypes, EnvelopeSchema } from './envelope.ts'
import { exampleOf } from './examples.ts'
import { type PlainSchema, plainSchema } from './plain-schema.ts'
import { responseFrame, serverFrames } from './server-frames.ts'

/** A command, as far as documents speak of it. */
export interface DocumentedCommand {
  readonly name: string
  readonly summary: string
  readonly role: string
  readonly isAddressed?: boolean
  readonly args: TObject
  readonly result: TSchema
}

/** What the document is made from, beside the frames of the bus. */
export interface AsyncApiParts {
  readonly version: string
  readonly commands: readonly DocumentedCommand[]
  readonly telemetry: {
    readonly inputs: Readonly<Record<string, TObject>>
    readonly outputs: Readonly<Record<string, TObject>>
  }
}

interface Message extends PlainSchema {
  readonly name: string
  readonly payload: PlainSchema
}

const ENVELOPE = '#/components/schemas/Envelope'

/** What a client puts into an envelope of a type, as an example. */
const clientExamples: Readonly<Record<string, PlainSchema>> = {
  message: { id: 'arq_report-17', room: 'science', channel: 'explore', payload: { text: 'hello' } },
  event: { room: 'science', channel: 'explore', payload: { name: 'run_started' } },
  private: { to: ['arq_client_0198f2c07a1c7000b6f4d2a1c0ffee01'], payload: { text: 'for you alone' } },
  system: { room: '*', payload: { text: 'The server restarts at noon.' } },
  telemetry: { payload: { eventType: 'heartbeat', payload: { load: 0.4 } } },
  response: { payload: { result: 'done' } },
  error: { payload: { reason: 'no such task' } }
}

/** What a frame of the server means. */
const meanings: Readonly<Record<string, string>> = {
  welcome: 'The first frame of every connection.',
  system: 'The server, or an admin, announces something.',
  acknowledgement: 'A message, an event or a private message was published.',
  error: 'A frame that is no command was refused.',
  refusal: 'A command was refused.',
  pong: 'The answer to a ping.'
}

/** The whole document on the sockets, in AsyncAPI 3.0 [protocol.md]. */
export function createAsyncApi({ version, commands, telemetry }: AsyncApiParts): object {
  const plain = clientTypes.filter(type => type !== 'command')
  const sent = [...plain.map(clientMessage), ...commands.map(commandMessage)]
  const received = [...Object.entries(serverFrames).map(serverMessage), ...commands.map(responseMessage)]
  const told = Object.entries(telemetry.inputs).map(entry => telemetryMessage('client', entry))
  const heard = Object.entries(telemetry.outputs).map(entry => telemetryMessage('server', entry))
  const bus = [...sent, ...received]
  const watch = [...told, ...heard]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'ArqonBus',
      version,
      description:
        'The sockets of the bus. One JSON object per text frame; what is said here of a frame holds for every version 1.x. HTTP is described in `/openapi.json`.',
      license: { name: 'MIT' }
    },
    defaultContentType: 'application/json',
    servers: {
      bus: server('The bus.', '9100'),
      telemetry: server('What happens, for whoever watches: a socket of its own.', '9101')
    },
    channels: {
      bus: channel('/ws', 'bus', 'Everything: messages, commands and their answers.', bus),
      root: channel('/', 'bus', 'The same, for older clients.', bus),
      telemetry: channel('/telemetry', 'telemetry', 'Events of the server; `/ws` and `/` lead here too.', watch)
    },
    operations: {
      ...Object.fromEntries(commands.map(record => [`run.${record.name}`, commandOperation(record)])),
      publish: {
        action: 'receive',
        channel: { $ref: '#/channels/bus' },
        summary: 'A client sends something that is no command.',
        messages: refsOf('bus', sent.slice(0, plain.length)),
        reply: replyOf(['server.acknowledgement', 'server.error', 'server.pong'])
      },
      deliver: {
        action: 'send',
        channel: { $ref: '#/channels/bus' },
        summary: 'The server sends what others published, and what it has to say itself.',
        messages: refsOf('bus', received)
      },
      watch: {
        action: 'receive',
        channel: { $ref: '#/channels/telemetry' },
        summary: 'A client chooses what it is told, or reports something.',
        messages: refsOf('telemetry', told)
      },
      tell: {
        action: 'send',
        channel: { $ref: '#/channels/telemetry' },
        summary: 'The server tells what happens.',
        messages: refsOf('telemetry', heard)
      }
    },
    components: {
      messages: Object.fromEntries([...bus, ...watch].map(message => [message.name, message])),
      schemas: { Envelope: withoutId(plainSchema(EnvelopeSchema)) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Where authentication is on' }
      }
    }
  }
}

function server(description: string, port: string): object {
  return {
    host: '{host}:{port}',
    protocol: 'ws',
    description,
    variables: { host: { default: '127.0.0.1' }, port: { default: port } },
    security: [{ $ref: '#/components/securitySchemes/bearer' }]
  }
}

function channel(address: string, on: string, description: string, messages: readonly Message[]): object {
  return {
    address,
    description,
    servers: [{ $ref: `#/servers/${on}` }],
    messages: Object.fromEntries(messages.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: { ws: { method: 'GET' } }
  }
}

function refsOf(on: string, messages: readonly Message[]): object[] {
  return messages.map(({ name }) => ({ $ref: `#/channels/${on}/messages/${name}` }))
}

function replyOf(names: readonly string[]): object {
  return {
    channel: { $ref: '#/channels/bus' },
    messages: names.map(name => ({ $ref: `#/channels/bus/messages/${name}` }))
  }
}

function commandOperation({ name, summary, role }: DocumentedCommand): object {
  return {
    action: 'receive',
    channel: { $ref: '#/channels/bus' },
    summary,
    description: role === 'user' ? 'Everybody may run it.' : `It needs the role ${role}.`,
    messages: [{ $ref: `#/channels/bus/messages/client.command.${name}` }],
    reply: replyOf([`server.response.${name}`, 'server.refusal', 'server.error'])
  }
}

function clientMessage(type: string): Message {
  const payload = { allOf: [{ $ref: ENVELOPE }, { type: 'object', properties: { type: { const: type } } }] }
  return messageOf(`client.${type}`, `A client sends an envelope of the type ${type}.`, payload, [
    { type, ...clientExamples[type] }
  ])
}

function commandMessage({ name, summary, isAddressed, args }: DocumentedCommand): Message {
  const { required } = args
  const properties = { type: { const: 'command' }, command: { const: name }, args: plainSchema(args) }
  const needed = required === undefined || required.length === 0 ? [] : ['args']
  const payload = {
    allOf: [{ $ref: ENVELOPE }, { type: 'object', required: ['command', ...needed], properties }],
    ...(isAddressed ? { description: 'The address can be spelled in other ways too: see `docs/protocol.md`.' } : {})
  }
  const example = { type: 'command', id: 'arq_1', command: name, args: exampleOf(plainSchema(args)) }
  return messageOf(`client.command.${name}`, summary, payload, [example])
}

function responseMessage({ name, result }: DocumentedCommand): Message {
  return framed(`server.response.${name}`, `${name} has succeeded.`, responseFrame(result))
}

function serverMessage([name, schema]: [string, TObject]): Message {
  return framed(`server.${name}`, meanings[name] ?? `Somebody sends an envelope of the type ${name}.`, schema)
}

function telemetryMessage(from: string, [name, schema]: [string, TObject]): Message {
  return framed(`telemetry.${from}.${name}`, `On the telemetry socket the ${from} sends: ${name}.`, schema)
}

function framed(name: string, summary: string, schema: TObject): Message {
  const payload = plainSchema(schema)
  return messageOf(name, summary, payload, Array.isArray(payload.examples) ? payload.examples : [exampleOf(payload)])
}

function messageOf(name: string, summary: string, payload: PlainSchema, examples: readonly unknown[]): Message {
  return { name, summary, payload, examples: examples.map(example => ({ payload: example })) }
}

function withoutId({ $id, ...schema }: PlainSchema): PlainSchema {
  return schema
}
