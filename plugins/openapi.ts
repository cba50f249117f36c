import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { ErrorCode } from '../src/errors.ts'
import { createAsyncApi } from '../src/protocol/asyncapi.ts'
import { completeDocument, describeRoute } from '../src/protocol/openapi.ts'
import { telemetryInputs, telemetryOutputs } from '../src/telemetry/frames.ts'
import { VERSION } from '../src/version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The document on the sockets. */
    asyncapi(): object
  }
  interface FastifyContextConfig {
    /** What the route can be refused with beside what any other can, for documents. */
    refusals?: readonly ErrorCode[]
  }
}

/** Groups of operations, in the order in which documents show them. */
const tags = [
  { name: 'Server', description: 'How the process is. No token is needed.' },
  { name: 'Documents', description: 'This document and its like. No token is needed.' },
  { name: 'Rooms and channels', description: 'Where messages go.' },
  { name: 'Messages', description: 'Publishing without a socket, and reading what was published.' },
  { name: 'Clients', description: 'Who is connected.' },
  { name: 'Webhooks', description: 'Messages that are posted to a URL.' },
  { name: 'Cron', description: 'Messages that are published at times set beforehand.' },
  { name: 'Store', description: 'Values that agents keep. Their versions are ETags.' },
  { name: 'CASIL', description: 'The policy by which contents are inspected.' },
  { name: 'Telemetry', description: 'What happens, as it happens.' },
  { name: 'Experimental lane', description: 'Off unless the server was started with it.' },
  { name: 'Commands', description: 'Every command of the socket.' }
]

/** Describes every route that is no socket, for `app.swagger()`, and the sockets for `app.asyncapi()` [protocol.md, HTTP]. */
export default fp(
  async app => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'ArqonBus',
          version: VERSION,
          description:
            'HTTP beside the socket: how the server is, and everything that operators do. The socket itself is described in `/asyncapi.json`.',
          license: { name: 'MIT', identifier: 'MIT' }
        },
        servers: [{ url: '/' }],
        tags,
        components: {
          securitySchemes: {
            bearer: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description:
                'A token with the role admin. A server without authentication asks for none, and lets only its own machine in.'
            }
          }
        }
      },
      convertConstToEnum: false,
      transform: ({ schema, url, route }) => ({
        url,
        schema: isSocket(route) ? { hide: true } : describe(schema, route)
      }),
      transformObject: documents => ('openapiObject' in documents ? completeDocument(documents.openapiObject) : {})
    })
    let sockets: object | undefined
    app.decorate('asyncapi', () => {
      sockets ??= createAsyncApi({
        version: VERSION,
        commands: app.bus.commands.list(),
        telemetry: { inputs: telemetryInputs, outputs: telemetryOutputs }
      })
      return sockets
    })
  },
  { name: 'openapi', fastify: '5.x', dependencies: ['config', 'bus', 'commands'] }
)

function isSocket({ config }: RouteOptions): boolean {
  return config?.isSocket === true
}

function describe(schema: object | undefined, { url, method, config }: RouteOptions): Record<string, unknown> {
  const { isReadOnly = false, isIdempotent = false, refusals = [] } = config ?? {}
  return describeRoute({
    schema: schema ?? {},
    isGuarded: url.startsWith('/v1/'),
    isChange: isReadOnly !== true && method !== 'GET',
    isIdempotent,
    refusals
  })
}
