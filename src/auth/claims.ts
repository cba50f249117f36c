import { type Fields, fieldOf, MAX_TEXT_LENGTH } from './fields.ts'
import { isPlainText } from './text.ts'

/** What the registered claims of a token are held against. */
export interface ClaimRules {
  /** The present, in milliseconds since the epoch. */
  readonly nowMs: number
  /** By how much the issuer's clock may differ. */
  readonly toleranceSeconds: number
  /** Longest allowed life of a token: from `iat`, or from now when it has none. */
  readonly maxLifeSeconds: number
  /** What `iss` has to be; undefined: not checked. */
  readonly issuer: string | undefined
  /** What `aud` has to be, or to hold; undefined: not checked. */
  readonly audience: string | undefined
}

/**
 * Checks `exp`, `nbf` and `iat`, which have to be safe integers in seconds: a verifier lets `1e999` pass as "never expires".
 * `exp` is required, because a token's life is bounded [limits.md, Limits]. Faults are added to `faults`.
 * Returns the end of the token in milliseconds since the epoch, without the tolerance: 0 when there is a fault.
 */
export function checkTimes(claims: Fields, rules: ClaimRules, faults: string[]): number {
  const count = faults.length
  const nowSeconds = rules.nowMs / 1000
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map(key => readSeconds(claims, key, faults))
  if (exp === undefined) {
    if (fieldOf(claims, 'exp') === undefined) faults.push('exp is missing')
    return 0
  }
  if (nowSeconds >= exp + rules.toleranceSeconds) faults.push('exp has passed')
  if (nbf !== undefined && nbf > nowSeconds + rules.toleranceSeconds) faults.push('nbf lies in the future')
  if (iat !== undefined && iat > nowSeconds + rules.toleranceSeconds) faults.push('iat lies in the future')
  if (exp - (iat ?? nowSeconds) > rules.maxLifeSeconds + rules.toleranceSeconds) {
    faults.push(`exp allows a life of more than ${rules.maxLifeSeconds} s`)
  }
  return faults.length === count ? exp * 1000 : 0
}

/** Checks `iss` and `aud` where the server asks for them. Faults are added to `faults`. */
export function checkParties(claims: Fields, rules: ClaimRules, faults: string[]): void {
  if (rules.issuer !== undefined && fieldOf(claims, 'iss') !== rules.issuer)
    faults.push('iss is not the expected issuer')
  if (rules.audience === undefined) return
  const audience = fieldOf(claims, 'aud')
  const isMeant = Array.isArray(audience) ? audience.includes(rules.audience) : audience === rules.audience
  if (!isMeant) faults.push('aud does not hold the expected audience')
}

/** Reads `sub`: 1 to 256 plain characters, or undefined when the claim is absent. A fault is added to `faults`. */
export function readSubject(claims: Fields, faults: string[]): string | undefined {
  const subject = fieldOf(claims, 'sub')
  if (subject === undefined) return undefined
  if (typeof subject === 'string' && subject !== '' && subject.length <= MAX_TEXT_LENGTH && isPlainText(subject)) {
    return subject
  }
  faults.push(`sub is not 1 to ${MAX_TEXT_LENGTH} characters of text`)
  return undefined
}

function readSeconds(claims: Fields, key: string, faults: string[]): number | undefined {
  const value = fieldOf(claims, key)
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined
  faults.push(`${key} is not a whole number of seconds`)
  return undefined
}
