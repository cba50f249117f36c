import { choice, int, optionalText, toggle } from './key.ts'

/** Who may connect, and as what [protocol.md, Connect]. */
export const authenticationKeys = {
  enableAuth: toggle({
    env: ['ARQONBUS_ENABLE_AUTH'],
    default: false,
    description: 'Whether a connection needs a token.'
  }),
  authJwtAlgorithm: choice(['HS256', 'RS256', 'ES256', 'EdDSA'], {
    env: ['ARQONBUS_AUTH_JWT_ALGORITHM'],
    default: 'HS256',
    description: 'The one algorithm of accepted tokens.'
  }),
  authJwtSecret: optionalText({
    env: ['ARQONBUS_AUTH_JWT_SECRET'],
    reads: 'secret',
    secret: true,
    file: true,
    allowed: 'at least 32 bytes that no one can guess',
    description: 'Shared secret of HS256, at least 32 bytes.'
  }),
  authJwtPublicKey: optionalText({
    env: ['ARQONBUS_AUTH_JWT_PUBLIC_KEY'],
    reads: 'pem',
    format: 'public-key',
    secret: true,
    file: true,
    allowed: 'a public key in PEM',
    description: 'Public key of RS256, ES256 or EdDSA in PEM; `\\n` may stand for a line break.'
  }),
  authJwksUrl: optionalText({
    env: ['ARQONBUS_AUTH_JWKS_URL'],
    format: 'http-url',
    secret: true,
    allowed: 'an http or https URL without user and password',
    description: 'Where the public keys of RS256, ES256 or EdDSA are published as a JSON Web Key Set.'
  }),
  authIssuer: optionalText({
    env: ['ARQONBUS_AUTH_ISSUER'],
    allowed: 'a text',
    description: 'Issuer that every token must name in `iss`; unset accepts any.'
  }),
  authAudience: optionalText({
    env: ['ARQONBUS_AUTH_AUDIENCE'],
    allowed: 'a text',
    description: 'Audience that every token must name in `aud`; unset accepts any.'
  }),
  anonymousRole: choice(['user', 'admin'], {
    env: ['ARQONBUS_ANONYMOUS_ROLE'],
    default: 'user',
    description: 'Role of every connection while authentication is off.'
  }),
  allowQueryToken: toggle({
    env: ['ARQONBUS_ALLOW_QUERY_TOKEN'],
    computed: 'true; false in `prod`',
    description: 'Whether a token may stand in the query string, where proxies tend to log it.'
  }),
  maxTokenLifeSeconds: int({
    env: ['ARQONBUS_MAX_TOKEN_LIFE_SECONDS'],
    default: 86_400,
    min: 1,
    max: 31_536_000,
    description: 'Longest time from now to `exp` of an accepted token.',
    limit: { row: 'token life', over: '401; an open connection ends at `exp` with 4410' }
  }),
  clockToleranceSeconds: int({
    env: ['ARQONBUS_CLOCK_TOLERANCE_SECONDS'],
    default: 5,
    min: 0,
    max: 300,
    description: 'How far the clocks of issuer and server may differ.',
    limit: { row: 'clock tolerance', over: '401' }
  })
}
