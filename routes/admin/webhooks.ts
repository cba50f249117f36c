import type { FastifyInstance } from 'fastify'

const tag = 'Webhooks'

/** Webhooks for operators: they belong to the tenant [operators.md, Admin REST]. */
export default async function webhooks(app: FastifyInstance): Promise<void> {
  const one = '/webhooks/:rule_id'
  app.serveCommand({ method: 'GET', url: '/webhooks', command: 'op.webhook.list', tag })
  app.serveCommand({
    method: 'POST',
    url: '/webhooks',
    command: 'op.webhook.register',
    tag,
    status: 201,
    fixed: { lifetime: 'tenant' }
  })
  app.serveCommand({ method: 'GET', url: one, command: 'op.webhook.get', tag })
  app.serveCommand({ method: 'DELETE', url: one, command: 'op.webhook.unregister', tag })
  app.serveCommand({ method: 'GET', url: `${one}/deliveries`, command: 'op.webhook.deliveries', tag })
  app.serveCommand({ method: 'POST', url: `${one}/test`, command: 'op.webhook.test', tag })
  app.serveCommand({ method: 'GET', url: '/webhooks/dead-letters', command: 'op.webhook.dead_letters', tag })
  app.serveCommand({
    method: 'POST',
    url: '/webhooks/dead-letters/:delivery_id/replay',
    command: 'op.webhook.replay',
    tag
  })
}
