import type { FastifyInstance } from 'fastify'

const tag = 'Experimental lane'
/** The lane may be off. */
const refusals = ['FEATURE_DISABLED'] as const

/** The experimental lane for operators [operators.md, op.omega.*]. */
export default async function omega(app: FastifyInstance): Promise<void> {
  app.serveCommand({ method: 'GET', url: '/omega', command: 'op.omega.status', tag })
  app.serveCommand({ method: 'GET', url: '/omega/substrates', command: 'op.omega.list_substrates', tag, refusals })
  app.serveCommand({
    method: 'POST',
    url: '/omega/substrates',
    command: 'op.omega.register_substrate',
    tag,
    refusals,
    status: 201
  })
  app.serveCommand({
    method: 'DELETE',
    url: '/omega/substrates/:substrate_id',
    command: 'op.omega.unregister_substrate',
    tag,
    refusals
  })
  app.serveCommand({ method: 'GET', url: '/omega/events', command: 'op.omega.list_events', tag, refusals })
  app.serveCommand({ method: 'POST', url: '/omega/events', command: 'op.omega.emit_event', tag, refusals, status: 201 })
  app.serveCommand({ method: 'DELETE', url: '/omega/events', command: 'op.omega.clear_events', tag, refusals })
}
