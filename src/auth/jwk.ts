import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { type Fields, fieldOf, isFields } from './fields.ts'

/** A key of a key set that fits the server's algorithm. */
export interface VerificationKey {
  /** The key's `kid`; undefined when it has none. */
  readonly id: string | undefined
  /** The public key: PEM, SubjectPublicKeyInfo. */
  readonly pem: string
}

const members = {
  RS256: ['kty', 'n', 'e'],
  ES256: ['kty', 'crv', 'x', 'y'],
  EdDSA: ['kty', 'crv', 'x']
} as const

/** An algorithm whose keys may be published in a key set. */
export type KeyAlgorithm = keyof typeof members

const marks: Readonly<Record<KeyAlgorithm, Fields>> = {
  RS256: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' }
}

const MAX_KEYS = 100
const MIN_RSA_BITS = 2048

/**
 * The keys of a JSON Web Key Set that fit the algorithm, at most 100: of its type and curve, an RSA modulus of at least 2,048 bits,
 * and not meant by `alg`, `use` or `key_ops` for anything but checking its signatures. Other keys, also broken ones, are passed over.
 * Undefined when the document is not a key set.
 */
export function readKeySet(document: unknown, algorithm: KeyAlgorithm): readonly VerificationKey[] | undefined {
  const list = isFields(document) ? fieldOf(document, 'keys') : undefined
  if (!Array.isArray(list)) return undefined
  const keys: VerificationKey[] = []
  for (const jwk of list) {
    const key = isFields(jwk) && fits(jwk, algorithm) ? readKey(jwk, algorithm) : undefined
    if (key !== undefined) keys.push(key)
    if (keys.length === MAX_KEYS) break
  }
  return keys
}

function fits(jwk: Fields, algorithm: KeyAlgorithm): boolean {
  const operations = jwk.key_ops ?? ['verify']
  return (
    Object.entries(marks[algorithm]).every(([member, value]) => jwk[member] === value) &&
    (jwk.alg ?? algorithm) === algorithm &&
    (jwk.use ?? 'sig') === 'sig' &&
    Array.isArray(operations) &&
    operations.includes('verify')
  )
}

function readKey(jwk: Fields, algorithm: KeyAlgorithm): VerificationKey | undefined {
  // Only public members are passed on: a key set that gives away a private key is not our means to spread it.
  const source: JsonWebKey = Object.fromEntries(members[algorithm].map(member => [member, jwk[member]]))
  try {
    const key = createPublicKey({ key: source, format: 'jwk' })
    if (algorithm === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) return undefined
    const pem = key.export({ type: 'spki', format: 'pem' }).toString()
    return { id: typeof jwk.kid === 'string' ? jwk.kid : undefined, pem }
  } catch {
    return undefined
  }
}
