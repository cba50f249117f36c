import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { PROTOCOL_VERSION, VERSION } from '../src/version.ts'

const Version = Type.Object({
  service: Type.Literal('arqonbus'),
  name: Type.Literal('ArqonBus'),
  version: Type.String(),
  protocol: Type.String({ description: 'Version of the wire protocol' }),
  build: Type.Object({ git_commit: Type.String(), build_date: Type.String() }),
  timestamp: Type.String({ format: 'date-time' })
})

/** Which software this is. */
export default async function version(app: FastifyInstance): Promise<void> {
  const schema = {
    tags: ['Server'],
    operationId: 'getVersion',
    summary: 'Show which software this is.',
    response: { 200: Version }
  }
  app.get('/version', { schema }, async () => ({
    service: 'arqonbus' as const,
    name: 'ArqonBus' as const,
    version: VERSION,
    protocol: PROTOCOL_VERSION,
    build: { git_commit: app.build.gitCommit, build_date: app.build.buildDate },
    timestamp: app.clock.iso()
  }))
}
