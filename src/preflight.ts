import { createPublicKey } from 'node:crypto'
import { type Config, MIN_SECRET_BYTES } from './config.ts'

/** What the process runs on. */
export interface Runtime {
  /** `process.version`, such as `v20.19.0`. */
  readonly nodeVersion: string
}

/** Oldest version of Node.js that still gets fixes. */
const OLDEST_NODE = { major: 20, minor: 19 }

const MIN_RSA_BITS = 2048

/** Fewer unlike characters than this, or less than so many beside well-known words, and a secret can be guessed. */
const MIN_UNLIKE_CHARS = 8
const MIN_UNKNOWN_CHARS = 16

/** Longest piece that is looked for when a secret repeats itself. */
const MAX_PERIOD = 16

/** Words that placeholders are made of, in lower case; those of `jwt.io` are among them. */
const placeholder =
  /secret|change|replace|example|default|insecure|password|passwd|sample|placeholder|arqonbus|arqon|admin|your|super|token|random|string|signing|shared|private|least|please|letmein|qwerty|abcdefghijklmnopqrstuvwxyz|1234567890|0123456789|123456789|12345678|test|prod|this|long|jwt|key|dev|bits?|bytes?|must|with|that|for|and|the|not|use|256|512|at|in|is|it|me|my|of|to|a/g

type Check = (config: Config, runtime: Runtime) => string | false

/** One check for each reason, in the order of `limits.md`. */
const checks: readonly Check[] = [
  config => !config.enableAuth && 'ARQONBUS_ENABLE_AUTH is off: everyone may connect',
  config =>
    isSymmetric(config) && !config.authJwtSecret && 'ARQONBUS_AUTH_JWT_SECRET is not set: tokens cannot be checked',
  config =>
    !isSymmetric(config) &&
    !hasPublicKeys(config) &&
    'neither ARQONBUS_AUTH_JWT_PUBLIC_KEY nor ARQONBUS_AUTH_JWKS_URL is set: tokens cannot be checked',
  config => isShort(config.authJwtSecret) && `ARQONBUS_AUTH_JWT_SECRET is shorter than ${MIN_SECRET_BYTES} bytes`,
  config => isGuessable(config.authJwtSecret) && 'ARQONBUS_AUTH_JWT_SECRET is well known or easily guessed',
  config => isWeak(config.authJwtPublicKey) && `ARQONBUS_AUTH_JWT_PUBLIC_KEY has fewer than ${MIN_RSA_BITS} bits`,
  config =>
    isSymmetric(config) &&
    hasPublicKeys(config) &&
    'ARQONBUS_AUTH_JWT_ALGORITHM is HS256, yet a public key or a key set is given: an algorithm has one kind of key',
  config =>
    !isSymmetric(config) &&
    config.authJwtSecret !== undefined &&
    `ARQONBUS_AUTH_JWT_ALGORITHM is ${config.authJwtAlgorithm}, yet ARQONBUS_AUTH_JWT_SECRET is given: an algorithm has one kind of key`,
  config =>
    /-----BEGIN /.test(config.authJwtSecret ?? '') &&
    'ARQONBUS_AUTH_JWT_SECRET is a key in PEM: HS256 needs a secret that no one else has',
  config => config.allowedOrigins.includes('*') && 'ARQONBUS_ALLOWED_ORIGINS holds `*`: any page may open a socket',
  config => config.allowQueryToken && 'ARQONBUS_ALLOW_QUERY_TOKEN is on: tokens end up in the logs of proxies',
  config =>
    (config.trustProxy === true || typeof config.trustProxy === 'number') &&
    'ARQONBUS_TRUST_PROXY is not a list of addresses: anyone may claim to come from anywhere',
  config =>
    config.publicOps &&
    !config.enableAuth &&
    'ARQONBUS_PUBLIC_OPS is on without ARQONBUS_ENABLE_AUTH: whoever reaches the public port administers the server',
  config =>
    config.broker === 'nats' &&
    !hasNatsCredentials(config) &&
    'ARQONBUS_NATS_URL has no user and ARQONBUS_NATS_CREDS is not set: NATS is used without credentials',
  config =>
    config.anonymousRole === 'admin' && 'ARQONBUS_ANONYMOUS_ROLE is admin: without authentication everyone is one',
  (_config, { nodeVersion }) =>
    !isSupported(nodeVersion) &&
    `Node.js ${nodeVersion} is out of support: ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer is needed`
]

/**
 * All reasons why the server must not start with `ARQONBUS_ENVIRONMENT=prod`, one sentence each [limits.md, Health and
 * production preflight]. Elsewhere there are none. No secret is repeated.
 */
export function preflight(config: Config, runtime: Runtime): readonly string[] {
  if (config.environment !== 'prod') return []
  return checks.map(check => check(config, runtime)).filter(reason => reason !== false)
}

function isSymmetric(config: Config): boolean {
  return config.authJwtAlgorithm === 'HS256'
}

function hasPublicKeys(config: Config): boolean {
  return config.authJwtPublicKey !== undefined || config.authJwksUrl !== undefined
}

/** A file of credentials, or a user or token in the URL of every server. */
function hasNatsCredentials({ natsCreds, natsUrl }: Config): boolean {
  const urls = natsUrl?.split(',') ?? []
  return natsCreds !== undefined || (urls.length > 0 && urls.every(url => new URL(url.trim()).username !== ''))
}

function isShort(secret: string | undefined): boolean {
  return secret !== undefined && Buffer.byteLength(secret) < MIN_SECRET_BYTES
}

/** A secret of few unlike characters, of one piece again and again, or of little but well-known words. */
function isGuessable(secret: string | undefined): boolean {
  if (secret === undefined) return false
  const plain = secret.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  if (new Set(plain).size < MIN_UNLIKE_CHARS || isPeriodic(plain)) return true
  return plain.replace(placeholder, '').length < MIN_UNKNOWN_CHARS
}

/** Whether the text is one short piece, said at least twice; the last time it may be cut off. */
function isPeriodic(text: string): boolean {
  for (let period = 1; period <= Math.min(MAX_PERIOD, text.length / 2); period++) {
    if (text.startsWith(text.slice(period))) return true
  }
  return false
}

function isWeak(pem: string | undefined): boolean {
  const bits = pem === undefined ? undefined : createPublicKey(pem).asymmetricKeyDetails?.modulusLength
  return bits !== undefined && bits < MIN_RSA_BITS
}

function isSupported(nodeVersion: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number)
  return major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor)
}
