import { crc32HexReversed } from './checksum.ts'
import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell } from './rule.ts'
import { isEncodedObject, isMapboxToken } from './structure.ts'

/** Keys of mail, telephony, monitoring and office services. */
export const serviceRules: readonly DocumentedRule[] = [
  {
    name: 'sendgrid-api-key',
    source: String.raw`${edge}SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}`,
    description: 'API key of SendGrid',
    reference: 'Twilio SendGrid, API keys',
    example: spell('S', 'G.', 'NotARealKey_0123456789', '.', 'NotARealKey_0123456789-abcdefghijklmnopqrst'),
    counterExample: 'SG.NotARealKey.short',
    check: isVaried
  },
  {
    name: 'twilio-api-key',
    source: String.raw`${edge}SK[0-9a-f]{32}\b`,
    description: 'API key of Twilio',
    reference: 'Twilio Docs, API keys overview',
    example: spell('S', 'K', '0123456789abcdef0123456789abcdef'),
    counterExample: 'SK0123456789abcdef',
    check: isVaried
  },
  {
    name: 'twilio-account-credentials',
    source: String.raw`${edge}AC[0-9a-f]{32}[:"',;=\s]{1,4}(?:(?i:auth)?_?[Tt]oken[:"'=\s]{1,4})?[0-9a-f]{32}\b`,
    description: 'Account of Twilio with its auth token; the account alone is no secret',
    reference: 'Twilio Docs, API requests, authentication',
    example: spell('A', 'C', '0123456789abcdef0123456789abcdef', ':', '0123456789abcdef0123456789abcdef'),
    counterExample: spell('A', 'C', '0123456789abcdef0123456789abcdef'),
    check: isVaried
  },
  {
    name: 'mailgun-api-key',
    source: String.raw`(?:${edge}key-[0-9a-f]{32}|(?:MAILGUN|[Mm]ailgun)[0-9A-Za-z_\s"':=%.-]{0,30}[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})\b`,
    description: 'Private API key of Mailgun; of the newer form, known by the name written before it',
    reference: 'Mailgun Documentation, API authentication',
    example: spell('ke', 'y-', '0123456789abcdef0123456789abcdef'),
    counterExample: 'key-0123456789abcdef',
    check: isVaried
  },
  {
    name: 'mailchimp-api-key',
    source: String.raw`${edge}[0-9a-f]{32}-us[0-9]{1,2}\b`,
    description: 'API key of Mailchimp',
    reference: 'Mailchimp Developer, API keys',
    example: spell('0123456789abcdef0123456789abcdef', '-us', '21'),
    counterExample: '0123456789abcdef0123456789abcdef-us-east-1',
    check: isVaried
  },
  {
    name: 'brevo-api-key',
    source: String.raw`xkeysib-[0-9a-f]{64}-[0-9A-Za-z]{16}\b`,
    description: 'API key of Brevo',
    reference: 'Brevo Developers, authentication schemes',
    example: spell('xkey', 'sib-', '0123456789abcdef'.repeat(4), '-NotARealKey01234'),
    counterExample: 'xkeysib-0123456789abcdef',
    check: isVaried
  },
  {
    name: 'new-relic-key',
    source: `${edge}NR(?:AK|II|IQ|RA|JS)-[0-9A-Za-z_-]{19,32}`,
    description: 'User, ingest or query key of New Relic',
    reference: 'New Relic Docs, API keys',
    example: spell('NR', 'AK-', 'NOTAREALKEY0123456789ABCDEF'),
    counterExample: 'NRAK-SHORT',
    check: isVaried
  },
  {
    name: 'datadog-key',
    source: String.raw`(?:DD|dd|DATADOG|[Dd]atadog)[_-](?i:api|app|application)[_-]?(?i:key)["':=\s]{1,6}(?:[0-9a-f]{32}|[0-9a-f]{40})\b`,
    description: 'API or application key of Datadog, known by the name written before it',
    reference: 'Datadog Docs, API and application keys',
    example: spell('DD_API', '_KEY=', '0123456789abcdef0123456789abcdef'),
    counterExample: 'DD_API_KEY=0123456789abcdef',
    check: isVaried
  },
  {
    name: 'grafana-token',
    source: 'glsa_[0-9A-Za-z]{32}_[0-9a-f]{8}',
    description: 'Service account token of Grafana',
    reference: 'Grafana, service accounts',
    example: spell('gl', 'sa_', 'NotARealTokenButWellFormed012345', '_b377ed35'),
    counterExample: 'glsa_NotARealTokenButWellFormed012345_ffffffff',
    check: match => crc32HexReversed(match.slice(0, -9)) === match.slice(-8)
  },
  {
    name: 'grafana-cloud-token',
    source: 'glc_eyJ[0-9A-Za-z/+]{60,}',
    description: 'Access policy token of Grafana Cloud',
    reference: 'Grafana Cloud, access policies',
    example: spell('gl', 'c_', 'eyJ', 'vIjoiMCIsIm4iOiJub3RhcmVhbHRva2VuIiwiayI6IjAxMjM0NTY3ODlhYmNkZWYifQ'),
    counterExample: spell('gl', 'c_', 'eyJ', 'vIjoiMCIsIm4iOiJub3RhcmVhbHRva2VuIiwiayI6IjAxMjM0NTY3ODlhYmNkZWYA'),
    check: match => isEncodedObject(match.slice(4))
  },
  {
    name: 'sentry-token',
    source: String.raw`sntry(?:u_[0-9a-f]{64}\b|s_eyJ[0-9A-Za-z/+=]{40,}_[0-9A-Za-z/+]{43})`,
    description: 'User or organization token of Sentry; a DSN is none',
    reference: 'Sentry Docs, auth tokens',
    example: spell('sn', 'tryu_', '0123456789abcdef'.repeat(4)),
    counterExample: 'https://0123456789abcdef0123456789abcdef@o123456.ingest.sentry.io/1234567',
    check: isVaried
  },
  {
    name: 'postman-api-key',
    source: String.raw`PMAK-[0-9a-f]{24}-[0-9a-f]{34}\b`,
    description: 'API key of Postman',
    reference: 'Postman Docs, generate and use Postman API keys',
    example: spell('PM', 'AK-', '0123456789abcdef01234567', '-0123456789abcdef0123456789abcdef01'),
    counterExample: 'PMAK-0123456789abcdef01234567',
    check: isVaried
  },
  {
    name: 'linear-api-key',
    source: 'lin_(?:api|oauth)_[0-9A-Za-z]{40,}',
    description: 'API key or OAuth token of Linear',
    reference: 'Linear Developers, API and webhooks',
    example: spell('li', 'n_api_', 'NotARealKeyButWellFormed0123456789abcdef'),
    counterExample: 'lin_api_short',
    check: isVaried
  },
  {
    name: 'notion-token',
    source: String.raw`${edge}ntn_[0-9]{11}[0-9A-Za-z]{35}\b`,
    description: 'Integration token of Notion',
    reference: 'Notion Developers, authorization',
    example: spell('nt', 'n_', '01234567890', 'NotARealTokenButWellFormed012345678'),
    counterExample: 'ntn_01234567890',
    check: isVaried
  },
  {
    name: 'airtable-token',
    source: String.raw`${edge}pat[0-9A-Za-z]{14}\.[0-9a-f]{64}\b`,
    description: 'Personal access token of Airtable',
    reference: 'Airtable Web API, personal access tokens',
    example: spell('pa', 't', 'NotARealToken0', '.', '0123456789abcdef'.repeat(4)),
    counterExample: 'patNotARealToken0',
    check: isVaried
  },
  {
    name: 'figma-token',
    source: 'fig[dour]h?_[0-9A-Za-z_-]{40,}',
    description: 'Personal access token of Figma',
    reference: 'Figma Developers, access tokens',
    example: spell('fi', 'gd_', 'NotARealToken_0123456789-abcdefghijklmno'),
    counterExample: 'figd_short',
    check: isMixed
  },
  {
    name: 'mapbox-secret-token',
    source: String.raw`${edge}sk\.eyJ[0-9A-Za-z_-]{20,}\.[0-9A-Za-z_-]{20,}`,
    description: 'Secret access token of Mapbox',
    reference: 'Mapbox Docs, tokens',
    example: spell(
      's',
      'k.',
      'ey',
      'J1Ijoibm90LWEtcmVhbC11c2VyIiwiYSI6ImNrMDEyMzQ1Njc4OWFiY2QifQ',
      '.NotARealSignature01234'
    ),
    counterExample: 'pk.eyJ1Ijoibm90LWEtcmVhbC11c2VyIiwiYSI6ImNrMDEyMzQ1Njc4OWFiY2QifQ.NotARealSignature01234',
    check: isMapboxToken
  },
  {
    name: 'posthog-personal-key',
    source: String.raw`${edge}phx_[0-9A-Za-z]{43,}\b`,
    description: 'Personal API key of PostHog; the project key (phc) is public',
    reference: 'PostHog Docs, API overview, authentication',
    example: spell('ph', 'x_', 'NotARealKeyButWellFormed0123456789abcdefghi'),
    counterExample: 'phc_NotARealKeyButWellFormed0123456789abcdefghi',
    check: isMixed
  },
  {
    name: 'onepassword-service-token',
    source: 'ops_eyJ[0-9A-Za-z/+_-]{60,}',
    description: 'Service account token of 1Password',
    reference: '1Password Developer, service accounts',
    example: spell(
      'op',
      's_',
      'eyJ',
      'lbWFpbCI6Im5vdC1hLXJlYWwtdG9rZW5AZXhhbXBsZS5vcmciLCJzZWNyZXRLZXkiOiJBMy1OT1RSRUFMIiwiZGV2aWNlVXVpZCI6IjAifQ'
    ),
    counterExample: spell('op', 's_', 'eyJ', 'ub3RBUmVhbFRva2VuQnV0V2VsbEZvcm1lZDAxMjM0NTY3ODlhYmNkMDEyMzQ1Njc4OWFi'),
    check: match => isEncodedObject(match.slice(4))
  }
]
