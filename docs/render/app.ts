import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'

/** The text of a document that the server gives out, from a server with the default settings that does not listen. */
export async function renderServed(documentOf: (app: FastifyInstance) => object): Promise<string> {
  const { config } = loadConfig({ env: {} })
  const app = await buildApp({ config, logger: pino({ level: 'silent' }) })
  try {
    await app.ready()
    return `${JSON.stringify(documentOf(app), null, 2)}\n`
  } finally {
    await app.close()
  }
}
