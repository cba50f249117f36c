import helmet from '@fastify/helmet'
import swaggerUi from '@fastify/swagger-ui'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { BusError } from '../src/errors.ts'

const tags = ['Documents']

/** A document of which only the beginning is worth an example. */
function documentLike(example: object) {
  return Type.Unsafe<object>({ type: 'object', additionalProperties: true, examples: [example] })
}

/** The documents on both doors, and a page to try them out; no token is needed [protocol.md, HTTP]. */
export default async function documentation(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    // The page loads nothing from elsewhere, and takes neither script nor style that stands in itself.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        upgradeInsecureRequests: null
      }
    },
    strictTransportSecurity: false
  })

  app.setErrorHandler((error: Error & { readonly statusCode?: number }) => {
    const isOfPath = error.statusCode !== undefined && error.statusCode < 500
    throw isOfPath ? new BusError('NOT_FOUND', { faults: ['There is no such file'], cause: error }) : error
  })

  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'getOpenApi',
        tags,
        summary: 'Show the document on HTTP, in OpenAPI 3.1.',
        response: { 200: documentLike({ openapi: '3.1.0', info: { title: 'ArqonBus', version: '1.0.0' } }) }
      }
    },
    async () => app.swagger()
  )

  app.get(
    '/asyncapi.json',
    {
      schema: {
        operationId: 'getAsyncApi',
        tags,
        summary: 'Show the document on the sockets, in AsyncAPI 3.0.',
        response: { 200: documentLike({ asyncapi: '3.0.0', info: { title: 'ArqonBus', version: '1.0.0' } }) }
      }
    },
    async () => app.asyncapi()
  )

  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    uiConfig: { layout: 'BaseLayout', deepLinking: true, docExpansion: 'list', displayRequestDuration: true },
    theme: { title: 'ArqonBus: HTTP' }
  })
}
