import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { createIds, type Ids } from '../src/ids.ts'
import type { Build } from '../src/version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    config: Config
    clock: Clock
    ids: Ids
    build: Build
  }
}

export default fp<{ readonly config: Config; readonly build: Build; readonly clock: Clock }>(
  async (app, { config, build, clock }) => {
    const ids = createIds(clock, randomBytes)
    app.decorate('config', config)
    app.decorate('clock', clock)
    app.decorate('ids', ids)
    app.decorate('build', build)
  },
  { name: 'config', fastify: '5.x' }
)
