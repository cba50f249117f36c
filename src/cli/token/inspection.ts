import type { ClaimRules } from '../../auth/claims.ts'
import { identityFromClaims } from '../../auth/identity.ts'
import { BusError } from '../../errors.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { formatDuration } from '../print/age.ts'
import { isSignedWith, parseToken } from './jwt.ts'

/** What a token says, and everything for which a server would refuse it. */
export interface Inspection {
  readonly isValid: boolean
  /** What is wrong, one sentence each. */
  readonly faults: readonly string[]
  /** `unchecked` without a secret, or when the algorithm is not HS256. */
  readonly signature: 'right' | 'wrong' | 'unchecked'
  readonly header: JsonObject
  readonly claims: JsonObject
}

/**
 * Looks at a token as a server with these rules does.
 * @param secret undefined: the signature is not checked
 */
export function inspectToken(token: string, secret: string | undefined, rules: ClaimRules): Inspection {
  const parts = parseToken(token)
  if (!parts) {
    const faults = ['it is no JSON Web Token: three parts in base64url with dots between them']
    return { isValid: false, faults, signature: 'unchecked', header: {}, claims: {} }
  }
  const { claims, header } = parts
  const faults: string[] = []
  const isChecked = secret !== undefined && header.alg === 'HS256'
  const signature = !isChecked ? 'unchecked' : isSignedWith(parts, secret) ? 'right' : 'wrong'
  if (typeof header.alg !== 'string' || header.alg.toLowerCase() === 'none') faults.push('it is not signed')
  else if (secret !== undefined && !isChecked) faults.push(`it is signed with ${header.alg}, not HS256`)
  if (signature === 'wrong') faults.push('wrong signature: it was signed with another secret, or changed afterwards')
  faults.push(...faultsOf(claims, rules))
  return { isValid: faults.length === 0, faults, signature, header, claims }
}

/** The server's own rules, in the words of people. */
function faultsOf(claims: JsonObject, rules: ClaimRules): string[] {
  try {
    identityFromClaims(claims, {}, rules)
    return []
  } catch (error) {
    if (!(error instanceof BusError)) throw error
    return error.faults.map(fault => explain(fault, claims, rules.nowMs))
  }
}

function explain(fault: string, { exp, iat, nbf }: JsonObject, nowMs: number): string {
  const from = (seconds: unknown) => formatDuration(Math.abs(nowMs - Number(seconds) * 1000))
  if (fault === 'exp has passed') return `expired ${from(exp)} ago`
  if (fault === 'nbf lies in the future') return `not yet valid: nbf is in ${from(nbf)}`
  if (fault === 'iat lies in the future') return `issued in the future: iat is in ${from(iat)}; are the clocks right?`
  return fault
}
