import type { FastifyInstance } from 'fastify'

/** Prometheus text, or JSON for whoever asks for it. */
export default async function metrics(app: FastifyInstance): Promise<void> {
  for (const url of ['/metrics', '/metrics/prometheus']) {
    app.get(url, async (request, reply) => {
      const isJson = url === '/metrics' && request.headers.accept?.includes('application/json')
      if (isJson) return app.metrics.json()
      return reply.type(app.metrics.contentType).send(await app.metrics.text())
    })
  }
}
