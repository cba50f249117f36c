import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'
const MIN_SECRET_BYTES = 24
const MAX_SECRET_BYTES = 64
const NEW_SECRET_BYTES = 32

/**
 * Signs a delivery as Standard Webhooks says: HMAC-SHA256 over id, time and body. Returns the value of the header
 * `webhook-signature`. The secret must have no faults; the body is what goes over the wire, to the byte.
 */
export function signWebhook(secret: string, id: string, timestampSeconds: number, body: string): string {
  const digest = createHmac('sha256', keyOf(secret)).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return `v1,${digest}`
}

/** Says what is wrong with a secret, without repeating it. Empty when it can be used. */
export function findSecretFaults(secret: string): readonly string[] {
  const key = keyOf(secret)
  const isWhole = secret === `${PREFIX}${key.toString('base64')}`
  if (isWhole && key.length >= MIN_SECRET_BYTES && key.length <= MAX_SECRET_BYTES) return []
  return [`secret: must be ${PREFIX} and then ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64`]
}

/** Makes a new secret out of 32 bytes of the source of randomness. */
export function makeSecret(randomBytes: (size: number) => Uint8Array): string {
  return `${PREFIX}${Buffer.from(randomBytes(NEW_SECRET_BYTES)).toString('base64')}`
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64')
}
