import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'

/** `EAAA` starts many binary numbers in base64, so the rest has to look drawn and to end where a token ends. */
function isSquareToken(match: string): boolean {
  const token = withoutEdge(match)
  return isMixed(token) && (token.startsWith('sq0') || (token.length === 64 && !token.includes('AAA', 4)))
}

/** Keys of payment services and shops. */
export const paymentRules: readonly DocumentedRule[] = [
  {
    name: 'stripe-secret-key',
    source: `${edge}[rs]k_(?:live|test)_[0-9A-Za-z]{16,}`,
    description: 'Secret (sk) or restricted (rk) key of Stripe',
    reference: 'Stripe Docs, API keys',
    example: spell('sk', '_live_', 'NotARealKey0123456789abc'),
    counterExample: 'pk_live_NotARealKey0123456789abc',
    check: isVaried
  },
  {
    name: 'stripe-webhook-secret',
    source: 'whsec_[0-9A-Za-z/+]{32,}',
    description: 'Signing secret of a webhook of Stripe or of a Standard Webhooks sender',
    reference: 'Stripe Docs, verify webhook signatures',
    example: spell('wh', 'sec_', 'NotARealSecret0123456789abcdefgh'),
    counterExample: 'whsec_short',
    check: match => isMixed(match.slice(6))
  },
  {
    name: 'square-access-token',
    source: `${edge}(?:EAAA[0-9A-Za-z_-]{60,}|sq0atp-[0-9A-Za-z_-]{22})`,
    description: 'Access token of Square',
    reference: 'Square Developer, access tokens',
    example: spell('EA', 'AA', 'ENotARealToken_0123456789-abcdefghijklmnopqrstuvwxyz01234567'),
    counterExample: `EAAA${'A'.repeat(60)}`,
    check: isSquareToken
  },
  {
    name: 'square-application-secret',
    source: 'sq0csp-[0-9A-Za-z_-]{43}',
    description: 'OAuth application secret of Square',
    reference: 'Square Developer, OAuth API',
    example: spell('sq0', 'csp-', 'NotARealSecret_0123456789-abcdefghijklmnopq'),
    counterExample: 'sq0idp-NotASecretButAnId-0123',
    check: isVaried
  },
  {
    name: 'paypal-access-token',
    source: String.raw`access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}\b`,
    description: 'Access token of PayPal (Braintree SDK)',
    reference: 'PayPal Braintree, gateway credentials',
    example: spell('access', '_token$prod', 'uction$', 'notarealtoken012', '$0123456789abcdef0123456789abcdef'),
    counterExample: 'access_token$production$notarealtoken012',
    check: isVaried
  },
  {
    name: 'razorpay-key',
    source: String.raw`${edge}rzp_(?:live|test)_[0-9A-Za-z]{14}\b`,
    description: 'Key of Razorpay',
    reference: 'Razorpay Docs, API keys',
    example: spell('rzp', '_live_', 'NotARealKey012'),
    counterExample: 'rzp_live_notarealkeyatall',
    check: isVaried
  },
  {
    name: 'flutterwave-secret-key',
    source: 'FLWSECK(?:_TEST)?-[0-9a-z]{32}-X',
    description: 'Secret key of Flutterwave',
    reference: 'Flutterwave Documentation, authentication',
    example: spell('FLW', 'SECK-', 'notarealkey0123456789abcdefghijk', '-X'),
    counterExample: 'FLWPUBK-notarealkey0123456789abcdefghijk-X',
    check: isVaried
  },
  {
    name: 'shopify-token',
    source: String.raw`${edge}shp(?:at|ca|pa|ss|ua)_[0-9A-Fa-f]{32}\b`,
    description: 'Access token or shared secret of a Shopify app',
    reference: 'Shopify.dev, access tokens, token prefixes',
    example: spell('shp', 'at_', '0123456789abcdef0123456789abcdef'),
    counterExample: 'shpat_0123456789abcdef',
    check: isVaried
  },
  {
    name: 'plaid-access-token',
    source: String.raw`access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`,
    description: 'Access token of Plaid for a bank account',
    reference: 'Plaid Docs, token endpoints',
    example: spell('access-prod', 'uction-', '01234567-89ab-4cde-8f01-23456789abcd'),
    counterExample: 'access-production-01234567',
    check: isVaried
  }
]
