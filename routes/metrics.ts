import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

const Text = Type.String({
  examples: [
    '# HELP arqonbus_active_clients Clients that are connected\n# TYPE arqonbus_active_clients gauge\narqonbus_active_clients 3\n'
  ]
})
const Values = Type.Unsafe<object>({
  type: 'object',
  additionalProperties: true,
  examples: [{ arqonbus_active_clients: 3 }]
})
const text = { 'text/plain': { schema: Text } }
const description = 'Every number of the process'

/** Prometheus text, or JSON for whoever asks for it. */
export default async function metrics(app: FastifyInstance): Promise<void> {
  const addresses = [
    {
      url: '/metrics',
      operationId: 'getMetrics',
      summary: 'Show all numbers, as text for Prometheus, or as JSON with `Accept: application/json`.',
      content: { ...text, 'application/json': { schema: Values } }
    },
    {
      url: '/metrics/prometheus',
      operationId: 'getMetricsText',
      summary: 'Show all numbers as text for Prometheus, whatever is asked for.',
      content: text
    }
  ]
  for (const { url, content, ...said } of addresses) {
    const schema = { ...said, tags: ['Server'], response: { 200: { description, content } } }
    app.get(url, { schema }, async (request, reply) => {
      const isJson = url === '/metrics' && request.headers.accept?.includes('application/json')
      if (isJson) return app.metrics.json()
      return reply.type(app.metrics.contentType).send(await app.metrics.text())
    })
  }
}
