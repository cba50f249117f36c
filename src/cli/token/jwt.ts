import { createHmac, timingSafeEqual } from 'node:crypto'
import type { JsonObject } from '../../protocol/json.ts'

/** A token taken apart. */
export interface Parts {
  readonly header: JsonObject
  readonly claims: JsonObject
  /** What is signed. */
  readonly signed: string
  readonly signature: string
}

/** A JSON Web Token with these claims, signed with HS256. */
export function mintToken(claims: object, secret: string): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${sign(signed, secret)}`
}

/** Takes a token apart, unchecked. Undefined when it is none: three parts, the first two JSON objects. */
export function parseToken(token: string): Parts | undefined {
  const [header = '', claims = '', signature, ...more] = token.split('.')
  if (signature === undefined || more.length > 0) return undefined
  const [head, body] = [decode(header), decode(claims)]
  return head && body && { header: head, claims: body, signed: `${header}.${claims}`, signature }
}

/** Whether the signature of a token is the one that HS256 and the secret make. */
export function isSignedWith({ signature, signed }: Parts, secret: string): boolean {
  const expected = Buffer.from(sign(signed, secret))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function sign(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
