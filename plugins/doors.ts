import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ClusterDirectory } from '../src/bus/cluster-directory.ts'
import type { AnyCommand } from '../src/bus/command.ts'
import { type CommandRoute, hasQuery, operationOf, requestSchemaOf } from '../src/bus/command-route.ts'
import { envelopeOf } from '../src/bus/post.ts'
import type { JsonObject } from '../src/protocol/json.ts'
import { type CommandAnswer, stringifyRaw } from '../src/protocol/replies.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Clients and rooms, for operators. */
    directory: ClusterDirectory
    /** Runs a command for whoever sent the request. @throws {BusError} what a socket client would be answered */
    ask(request: FastifyRequest, command: string, args: JsonObject): Promise<CommandAnswer>
    /** A command by its name, for routes that are made of it. A name that does not exist is a mistake of the program. */
    requireCommand(name: string): AnyCommand<never>
    /** Adds a route that runs a command: its schema is that of the command. */
    serveCommand(route: CommandRoute): void
  }
}

export default fp(
  async app => {
    const { bus } = app
    app.decorate('directory', new ClusterDirectory(bus))
    app.decorate('ask', async ({ caller }: FastifyRequest, command: string, args: JsonObject) =>
      bus.commands.run({
        ...caller,
        connection: undefined,
        envelope: { ...envelopeOf(NOTHING), type: 'command', command, args }
      })
    )
    app.decorate('requireCommand', (name: string) => {
      const record = bus.commands.find(name)
      if (!record) throw new Error(`There is no command ${name}`)
      return record
    })
    app.decorate('serveCommand', function serveCommand(this: FastifyInstance, route: CommandRoute) {
      const { method, url, command, tag, status = 200, fixed } = route
      const record = app.requireCommand(command)
      this.route({
        method,
        url,
        config: {
          isReadOnly: record.isReadOnly === true,
          isIdempotent: method === 'POST' && !record.isReadOnly,
          refusals: route.refusals ?? []
        },
        schema: {
          operationId: operationOf(route),
          ...requestSchemaOf(route, record),
          response: { [status]: record.result },
          tags: [tag],
          summary: record.summary
        },
        handler: async (request, reply) => {
          const given = (hasQuery(route) ? request.query : request.body) as JsonObject | undefined
          const args = { ...given, ...(request.params as JsonObject), ...fixed }
          const { data } = await app.ask(request, command, args)
          return reply.code(status).serializer(stringifyRaw).send(data)
        }
      })
    })
  },
  { name: 'doors', fastify: '5.x', dependencies: ['bus', 'commands'] }
)

const NOTHING = { type: 'message', payload: {} } as const
