import { createHmac } from 'node:crypto'

const part = value => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A bearer token (HS256) for `sub` that lasts an hour. */
export function mintToken(secret, sub) {
  const iat = Math.floor(Date.now() / 1000)
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, iat, exp: iat + 3600 })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
