import { createHmac, createSecretKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'

/** An algorithm that tokens can be signed with. */
export type Algorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA'

/** How a token is signed. */
export interface Signing {
  /** Default HS256. `none` leaves the signature empty. */
  readonly algorithm?: Algorithm | 'none'
  /** The secret of HS256, else a private key. */
  readonly key?: string | KeyObject
  readonly kid?: string
  /** More members of the header, over those above. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** A fresh pair of keys, in the forms in which servers and issuers hold them. */
export interface KeyPair {
  readonly privateKey: KeyObject
  /** The public key: PEM, SubjectPublicKeyInfo. */
  readonly pem: string
  /** The public key as an entry of a key set; with `kid`, `alg` and `use` when an id was given. */
  readonly jwk: JsonWebKey
}

/** The secret that test servers share with {@link signToken} unless a test says otherwise. */
export const TEST_SECRET = 'a-secret-that-only-the-tests-know-0123456789'

/** Signs a token. Claims given as text are put in as they stand, so that a test can write what `JSON.stringify` would not. */
export function signToken(claims: object | string, signing: Signing = {}): string {
  const { algorithm = 'HS256', key = TEST_SECRET, kid, header } = signing
  const head = encode(JSON.stringify({ alg: algorithm, typ: 'JWT', ...(kid === undefined ? {} : { kid }), ...header }))
  const input = `${head}.${encode(typeof claims === 'string' ? claims : JSON.stringify(claims))}`
  return `${input}.${signatureOf(input, algorithm, typeof key === 'string' ? createSecretKey(key, 'utf8') : key)}`
}

/** Claims that a server with default settings accepts at the moment `nowMs`. */
export function validClaims(nowMs: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const iat = Math.floor(nowMs / 1000)
  return { sub: 'user-1', iat, exp: iat + 3600, ...more }
}

/** Makes a pair of keys for the algorithm. */
export function makeKeyPair(algorithm: Exclude<Algorithm, 'HS256'>, kid?: string): KeyPair {
  const { privateKey, publicKey } = generate(algorithm)
  const jwk = publicKey.export({ format: 'jwk' })
  return {
    privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: kid === undefined ? jwk : { ...jwk, kid, alg: algorithm, use: 'sig' }
  }
}

function generate(algorithm: Exclude<Algorithm, 'HS256'>): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('ed25519')
}

function signatureOf(input: string, algorithm: Algorithm | 'none', key: KeyObject): string {
  const data = Buffer.from(input)
  if (algorithm === 'none') return ''
  if (algorithm === 'HS256') return createHmac('sha256', key).update(data).digest('base64url')
  if (algorithm === 'ES256') return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return sign(algorithm === 'RS256' ? 'sha256' : null, data, key).toString('base64url')
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
