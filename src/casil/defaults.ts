import type { SecretRule } from './patterns.ts'

/** The value given to a name, as in `password=…`, `"token": "…"` or `the secret is …`; redacted with the name. */
const value = String.raw`(?:["']?\s*(?:[:=]|\bis\b)\s*["']?[^\s"',;]+)?`

/**
 * What counts as a probable secret where an operator gives no pattern of their own: names of secrets wherever they stand, which is
 * a broad net, and the forms of bearer tokens and payment keys [casil.md, Patterns].
 */
export const defaultRules: readonly SecretRule[] = [
  { name: 'api-key', source: `(?i)api[ _-]?key${value}` },
  { name: 'secret', source: `(?i)secret${value}` },
  { name: 'token', source: `(?i)token${value}` },
  { name: 'password', source: `(?i)password${value}` },
  { name: 'bearer', source: String.raw`(?i)bearer\s+[0-9A-Za-z._~+/-]+=*` },
  { name: 'payment-key', source: '[psr]k_(?:live|test)_[0-9A-Za-z]{8,}' }
]

/** Keys whose values are redacted where an operator names none. */
export const defaultPaths: readonly string[] = ['password', 'token', 'secret']
