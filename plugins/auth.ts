import jwt, { type Secret } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Authenticator, createAuthenticator, createOpenDoor } from '../src/auth/authenticator.ts'
import { createKeySet } from '../src/auth/jwks.ts'
import { createVerifier } from '../src/auth/verifier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    authenticate: Authenticator['authenticate']
    identify: Authenticator['identify']
  }
}

export default fp(
  async app => {
    const { config } = app
    const door = config.enableAuth ? await createGuardedDoor(app) : createOpenDoor(config.anonymousRole)
    app.decorate('authenticate', door.authenticate)
    app.decorate('identify', door.identify)
  },
  { name: 'auth', fastify: '5.x', dependencies: ['config'] }
)

async function createGuardedDoor(app: FastifyInstance): Promise<Authenticator> {
  const { config, clock } = app
  await app.register(jwt, {
    secret: { public: keyOf(app) },
    // The signature is the library's concern; the claims are `identityFromClaims`' alone.
    verify: { algorithms: [config.authJwtAlgorithm], ignoreExpiration: true, ignoreNotBefore: true }
  })
  return createAuthenticator({
    clock,
    verifier: createVerifier(token => app.jwt.verify(token)),
    allowQueryToken: config.allowQueryToken,
    toleranceSeconds: config.clockToleranceSeconds,
    maxLifeSeconds: config.maxTokenLifeSeconds,
    issuer: config.authIssuer,
    audience: config.authAudience
  })
}

/** The key that signatures are checked with; without one the library refuses to start. */
function keyOf(app: FastifyInstance): Secret {
  const { config, clock } = app
  if (config.authJwtAlgorithm === 'HS256') return config.authJwtSecret ?? ''
  if (config.authJwksUrl === undefined) return config.authJwtPublicKey ?? ''
  const keys = createKeySet({
    url: config.authJwksUrl,
    algorithm: config.authJwtAlgorithm,
    clock,
    report: error => app.log.warn({ err: error }, 'Token keys cannot be fetched')
  })
  app.addHook('onClose', async () => keys.close())
  return async ({ header: { kid } }: { readonly header: { readonly kid?: unknown } }) =>
    keys.find(typeof kid === 'string' ? kid : undefined)
}
