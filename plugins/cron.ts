import fp from 'fastify-plugin'
import { readIdentity, writeIdentity } from '../src/auth/written-identity.ts'
import type { Source } from '../src/bus/draft.ts'
import { table } from '../src/commands/index.ts'
import { Scheduler } from '../src/cron/scheduler.ts'
import type { AuthorForm } from '../src/cron/sharing.ts'
import { BusError } from '../src/errors.ts'
import { targetOf } from '../src/protocol/address.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What is published at times set beforehand. */
    cron: Scheduler<Source>
  }
}

export default fp(
  async app => {
    const { bus, config, clock, events, gate, ids, log, records } = app
    const cron = new Scheduler<Source>({
      clock,
      ids,
      limits: config,
      log,
      emit: event => events.emit(event),
      isDraining: () => bus.isDraining,
      shared: records && { records: records('cron'), authors },
      admit({ room, channel, payload }, author) {
        const target = targetOf(room, channel)
        if (!author.identity.capabilities.mayPublish(target))
          throw new BusError('AUTHORIZATION_ERROR', { message: `Not allowed to publish to ${target}` })
        if (gate.isEnabled) gate.pass({ room, channel, kind: 'data', payload, text: undefined }, author)
      },
      async fire({ id, author, terms, payloadText }, iteration) {
        const { room, channel } = terms
        await bus.post(
          { id: 'op-cron', identity: author.identity },
          {
            type: 'message',
            room,
            channel,
            payload: JSON.parse(payloadText),
            payloadText,
            metadata: { cron_job_id: id, iteration }
          }
        )
      }
    })
    app.decorate('cron', cron)
    bus.commands.add(cron, ...table.cron)
    bus.left.on(({ id, identity }) => cron.leave({ id, tenant: identity.tenant }, { id, identity }))
    app.addHook('onReady', () => cron.follow())
    app.addHook('onClose', async () => cron.close())
  },
  { name: 'cron', fastify: '5.x', dependencies: ['bus', 'commands', 'casil'] }
)

/** Authors as other nodes read them: on whose behalf, and with which permissions. */
const authors: AuthorForm<Source> = {
  write: ({ id, identity }) => ({ id, identity: writeIdentity(identity) }),
  read(written) {
    const { id, identity } = Object(written)
    return { id: String(id), identity: readIdentity(identity) }
  }
}
