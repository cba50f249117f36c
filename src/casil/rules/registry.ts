import { endsWithCrc32Base62 } from './checksum.ts'
import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'
import { isHostMacaroon } from './structure.ts'

/** Tokens of package and image registries. */
export const registryRules: readonly DocumentedRule[] = [
  {
    name: 'npm-token',
    source: 'npm_[0-9A-Za-z]{36}',
    description: 'Access token of npm',
    reference: 'npm Docs, about access tokens',
    example: spell('np', 'm_', 'NotARealTokenButWellFormed0000', '2NeJGL'),
    counterExample: 'npm_config_registry_and_other_variables_of_npm',
    check: match => endsWithCrc32Base62(match.slice(4))
  },
  {
    name: 'pypi-token',
    source: 'pypi-AgE[0-9A-Za-z_-]{50,}',
    description: 'API token of PyPI, a macaroon',
    reference: 'PyPI help, API tokens',
    example: spell('py', 'pi-', 'AgEMZXhhbXBsZS50ZXN0', 'AAIkMDEyMzQ1NjctODlhYi00Y2RlLThmMDEtMjM0NTY3ODlhYmNk'),
    counterExample: spell('py', 'pi-', 'AgEAAAAAAAAAAAAAAAAA', 'AAIkMDEyMzQ1NjctODlhYi00Y2RlLThmMDEtMjM0NTY3ODlhYmNk'),
    check: match => isHostMacaroon(match.slice(5))
  },
  {
    name: 'rubygems-key',
    source: String.raw`rubygems_[0-9a-f]{48}\b`,
    description: 'API key of RubyGems',
    reference: 'RubyGems Guides, API key scopes',
    example: spell('ruby', 'gems_', '0123456789abcdef'.repeat(3)),
    counterExample: 'rubygems_0123456789abcdef',
    check: isVaried
  },
  {
    name: 'crates-token',
    source: String.raw`${edge}cio[0-9A-Za-z]{32}\b`,
    description: 'API token of crates.io',
    reference: 'crates.io, API token format',
    example: spell('ci', 'o', 'NotARealTokenButWellFormed012345'),
    counterExample: 'ciofficeautomationandcommunication1',
    check: match => isMixed(withoutEdge(match))
  },
  {
    name: 'nuget-key',
    source: String.raw`${edge}oy2[0-9a-z]{43}\b`,
    description: 'API key of NuGet',
    reference: 'NuGet, scoped API keys',
    example: spell('oy', '2', 'notarealkeybutwellformed0123456789abcdefghi'),
    counterExample: 'oy2notarealkey',
    check: isVaried
  },
  {
    name: 'docker-hub-token',
    source: 'dckr_[op]at_[0-9A-Za-z_-]{27,}',
    description: 'Personal or organization access token of Docker Hub',
    reference: 'Docker Docs, personal access tokens',
    example: spell('dckr', '_pat_', 'NotARealToken_0123456789-ab'),
    counterExample: 'dckr_pat_short',
    check: isVaried
  },
  {
    name: 'artifactory-key',
    source: String.raw`${edge}(?:AKCp[0-9A-Za-z]{69}|cmVmd[0-9A-Za-z]{59})\b`,
    description: 'API key or reference token of JFrog Artifactory',
    reference: 'JFrog Platform, API keys and reference tokens',
    example: spell('AK', 'Cp', '8NotARealKeyButWellFormed0123456789abcdefghijklmnopqrstuvwxyz01234567'),
    counterExample: 'AKCp8NotARealKey',
    check: isVaried
  },
  {
    name: 'clojars-token',
    source: String.raw`CLOJARS_[0-9a-f]{60}\b`,
    description: 'Deploy token of Clojars',
    reference: 'Clojars wiki, deploy tokens',
    example: spell('CLO', 'JARS_', '0123456789abcdef'.repeat(3), '0123456789ab'),
    counterExample: 'CLOJARS_USERNAME',
    check: isVaried
  }
]
