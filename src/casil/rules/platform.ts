import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell } from './rule.ts'

/** Keys of hosting, infrastructure and secret stores. */
export const platformRules: readonly DocumentedRule[] = [
  {
    name: 'digitalocean-token',
    source: String.raw`do[opr]_v1_[0-9a-f]{64}\b`,
    description: 'Personal, OAuth or refresh token of DigitalOcean',
    reference: 'DigitalOcean, personal access tokens',
    example: spell('dop', '_v1_', '0123456789abcdef'.repeat(4)),
    counterExample: 'dop_v1_0123456789abcdef',
    check: isVaried
  },
  {
    name: 'heroku-api-key',
    source: 'HRKU-AA[0-9A-Za-z_-]{58}',
    description: 'API key of Heroku',
    reference: 'Heroku Dev Center, platform API authentication',
    example: spell('HR', 'KU-AA', 'NotARealKey_0123456789-abcdefghijklmnopqrstuvwxyz0123456789'),
    counterExample: 'HRKU-AA-short',
    check: isVaried
  },
  {
    name: 'cloudflare-origin-ca-key',
    source: String.raw`v1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b`,
    description: 'Origin CA key of Cloudflare',
    reference: 'Cloudflare Fundamentals, Origin CA keys',
    example: spell('v1', '.0-', '0123456789abcdef01234567-', '0123456789abcdef'.repeat(9), '01'),
    counterExample: 'v1.0-0123456789abcdef01234567-0123456789abcdef',
    check: isVaried
  },
  {
    name: 'vault-token',
    source: String.raw`${edge}hv[sbr]\.[0-9A-Za-z_-]{24,}`,
    description: 'Service, batch or recovery token of HashiCorp Vault',
    reference: 'HashiCorp Vault, tokens, token prefixes',
    example: spell('hv', 's.', 'NotARealToken0123456789abcdef'),
    counterExample: 'hvs.example.org',
    check: isVaried
  },
  {
    name: 'terraform-cloud-token',
    source: String.raw`\.atlasv1\.[0-9A-Za-z_-]{60,}`,
    description: 'API token of HCP Terraform, without the id before it',
    reference: 'HCP Terraform, API tokens',
    example: spell(
      'NotARealToken0',
      '.atlas',
      'v1.',
      'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01'
    ),
    counterExample: 'NotARealToken0.atlasv1.short',
    check: isVaried
  },
  {
    name: 'databricks-token',
    source: String.raw`${edge}dapi[0-9a-f]{32}\b`,
    description: 'Personal access token of Databricks',
    reference: 'Databricks, personal access token authentication',
    example: spell('da', 'pi', '0123456789abcdef0123456789abcdef'),
    counterExample: 'dapi0123456789abcdef',
    check: isVaried
  },
  {
    name: 'fly-token',
    source: `${edge}fm2_[0-9A-Za-z/+]{80,}`,
    description: 'Access token of Fly.io, a macaroon',
    reference: 'Fly.io, access tokens',
    example: spell('fm', '2_', 'NotARealToken/0123456789+abcdefghijklmnopqrst'.repeat(2)),
    counterExample: 'fm2_radio_transmitter',
    check: isMixed
  },
  {
    name: 'pulumi-token',
    source: String.raw`${edge}pul-[0-9a-f]{40}\b`,
    description: 'Access token of Pulumi Cloud',
    reference: 'Pulumi Cloud, access tokens',
    example: spell('pu', 'l-', '0123456789abcdef0123456789abcdef01234567'),
    counterExample: 'pul-0123456789abcdef',
    check: isVaried
  },
  {
    name: 'planetscale-token',
    source: 'pscale_(?:tkn|pw|oauth)_[0-9A-Za-z_.-]{32,}',
    description: 'Service token or database password of PlanetScale',
    reference: 'PlanetScale, service tokens',
    example: spell('psc', 'ale_', 'tkn_', 'NotARealToken_0123456789-abcdefghijklm'),
    counterExample: 'pscale_tkn_short',
    check: isVaried
  },
  {
    name: 'supabase-token',
    source: String.raw`${edge}sbp_[0-9a-f]{40}\b`,
    description: 'Personal access token of Supabase',
    reference: 'Supabase, Management API, authentication',
    example: spell('sb', 'p_', '0123456789abcdef0123456789abcdef01234567'),
    counterExample: 'sbp_0123456789',
    check: isVaried
  },
  {
    name: 'doppler-token',
    source: String.raw`${edge}dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[0-9a-z_-]{2,35}\.)?[0-9A-Za-z]{40,44}\b`,
    description: 'Token of Doppler, a store of secrets',
    reference: 'Doppler, auth token formats',
    example: spell('dp', '.pt.', 'NotARealToken0123456789abcdefghijKLMNOPQRST'),
    counterExample: 'dp.pt.short',
    check: isVaried
  },
  {
    name: 'mongodb-atlas-secret',
    source: 'mdb_sa_sk_[0-9A-Za-z_-]{40}',
    description: 'Service account secret of MongoDB Atlas',
    reference: 'MongoDB Atlas, service accounts overview',
    example: spell('mdb_', 'sa_sk_', 'NotARealSecret_0123456789-abcdefghijklmn'),
    counterExample: 'mdb_sa_id_0123456789abcdef01234567',
    check: isVaried
  }
]
