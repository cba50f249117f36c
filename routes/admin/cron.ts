import type { FastifyInstance } from 'fastify'

const tag = 'Cron'

/** Jobs for operators: they belong to the tenant [operators.md, Admin REST]. */
export default async function cron(app: FastifyInstance): Promise<void> {
  app.serveCommand({ method: 'GET', url: '/cron', command: 'op.cron.list', tag })
  app.serveCommand({
    method: 'POST',
    url: '/cron',
    command: 'op.cron.schedule',
    tag,
    status: 201,
    fixed: { lifetime: 'tenant' }
  })
  app.serveCommand({ method: 'DELETE', url: '/cron/:job_id', command: 'op.cron.cancel', tag })
}
