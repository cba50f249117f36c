import type { FastifyInstance } from 'fastify'

const tag = 'CASIL'

/** The policy of inspection for operators [casil.md]. */
export default async function casil(app: FastifyInstance): Promise<void> {
  app.serveCommand({ method: 'GET', url: '/casil', command: 'op.casil.get', tag })
  app.serveCommand({ method: 'PATCH', url: '/casil', command: 'op.casil.reload', tag })
  app.serveCommand({ method: 'POST', url: '/casil/test', command: 'op.casil.test', tag })
}
