import { createPublicKey } from 'node:crypto'
import type { Config, ConfigName } from './schema.ts'

/** Least bytes of a shared secret: as many as the hash of HS256 has [limits.md, Health and production preflight]. */
export const MIN_SECRET_BYTES = 32

/** What is wrong with settings that are right one by one. */
interface Rule {
  /** Settings the rule looks at; it waits until all of them are right one by one. */
  readonly of: readonly ConfigName[]
  /** Whether `preflight` tells it as well, together with whatever else must not be in production. */
  readonly isInPreflight?: boolean
  /** A sentence, or nothing when all is well. */
  check(config: Config): string | undefined
}

/** Types of key that an asymmetric algorithm can be checked with. */
const keyTypes: Readonly<Record<string, readonly string[]>> = {
  RS256: ['rsa'],
  ES256: ['prime256v1'],
  EdDSA: ['ed25519', 'ed448']
}

const rules: readonly Rule[] = [
  {
    of: ['enableAuth', 'authJwtAlgorithm', 'authJwtSecret'],
    isInPreflight: true,
    check(config) {
      if (!config.enableAuth || config.authJwtAlgorithm !== 'HS256') return undefined
      const bytes = Buffer.byteLength(config.authJwtSecret ?? '')
      if (bytes >= MIN_SECRET_BYTES) return undefined
      const found = bytes === 0 ? 'is not set' : `has ${bytes} bytes`
      return `ARQONBUS_AUTH_JWT_SECRET ${found}: HS256 with ARQONBUS_ENABLE_AUTH needs at least ${MIN_SECRET_BYTES} bytes`
    }
  },
  {
    of: ['enableAuth', 'authJwtAlgorithm', 'authJwtPublicKey', 'authJwksUrl'],
    isInPreflight: true,
    check(config) {
      if (!config.enableAuth || config.authJwtAlgorithm === 'HS256') return undefined
      if (config.authJwtPublicKey !== undefined || config.authJwksUrl !== undefined) return undefined
      return `ARQONBUS_AUTH_JWT_PUBLIC_KEY is not set: ${config.authJwtAlgorithm} with ARQONBUS_ENABLE_AUTH needs it or ARQONBUS_AUTH_JWKS_URL`
    }
  },
  {
    of: ['enableAuth', 'authJwtAlgorithm', 'authJwtPublicKey'],
    check(config) {
      const fitting = keyTypes[config.authJwtAlgorithm]
      if (!config.enableAuth || fitting === undefined || config.authJwtPublicKey === undefined) return undefined
      const type = typeOf(config.authJwtPublicKey)
      if (fitting.includes(type)) return undefined
      return `ARQONBUS_AUTH_JWT_PUBLIC_KEY is a key of type ${type}: ${config.authJwtAlgorithm} needs ${fitting.join(' or ')}`
    }
  },
  {
    of: ['host', 'port', 'telemetryHost', 'telemetryPort'],
    check(config) {
      if (config.port === 0 || config.port !== config.telemetryPort || config.host !== config.telemetryHost)
        return undefined
      return `ARQONBUS_TELEMETRY_PORT is ${config.telemetryPort}, as is ARQONBUS_SERVER_PORT: two listeners of one address need two ports`
    }
  }
]

/**
 * Every fault of settings that contradict each other or lack each other. Settings in `faulty` are passed over. If there are none, what
 * `preflight` tells in production is left to it.
 */
export function findContradictions(config: Config, faulty: ReadonlySet<ConfigName>): readonly string[] {
  const hasPreflight = config.environment === 'prod' && faulty.size === 0
  const told = rules.filter(rule => !(hasPreflight && rule.isInPreflight))
  const applicable = told.filter(rule => !rule.of.some(name => faulty.has(name)))
  return applicable.flatMap(rule => rule.check(config) ?? [])
}

/** Sentences about settings that can be worked with and that hardly anyone can mean. */
export function findOddities(config: Config): readonly string[] {
  if (config.maxOutboundBytes >= config.maxMessageBytes) return []
  return [
    'ARQONBUS_MAX_OUTBOUND_BYTES is below ARQONBUS_MAX_MESSAGE_SIZE: a message between them disconnects everyone it is for'
  ]
}

/** Curve of an elliptic key, else its family. */
function typeOf(pem: string): string {
  const key = createPublicKey(pem)
  return key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? 'unknown'
}
