import { crc32Base36, endsWithCrc32Base62 } from './checksum.ts'
import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'

const routableTail = /^([0-9A-Za-z_-]+)\.([0-9a-z]{2})\.([0-9a-z]{2})([0-9a-z]{7})$/

/** A routable token carries the length of its payload and a checksum of all before; an older one is random only. */
function isGitlabToken(match: string): boolean {
  const token = withoutEdge(match)
  const [, payload, , length, checksum] = routableTail.exec(token.slice(token.indexOf('-') + 1)) ?? []
  if (payload === undefined) return isVaried(token)
  return Number.parseInt(length ?? '', 36) === payload.length && crc32Base36(token.slice(0, -7)) === checksum
}

/** Tokens of the forges that keep source code. */
export const forgeRules: readonly DocumentedRule[] = [
  {
    name: 'github-token',
    source: 'gh[opusr]_[0-9A-Za-z]{36,}',
    description: 'Personal (ghp), OAuth (gho), app user (ghu), app server (ghs) or refresh (ghr) token of GitHub',
    reference: 'GitHub Docs, about authentication to GitHub, token formats',
    example: spell('gh', 'p_', 'NotARealTokenButWellFormed0000', '2NeJGL'),
    counterExample: 'ghp_NotARealTokenButWellFormed0000abcdef',
    check: match => endsWithCrc32Base62(match.slice(4))
  },
  {
    name: 'github-fine-grained-token',
    source: 'github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}',
    description: 'Fine-grained personal access token of GitHub',
    reference: 'GitHub Docs, managing personal access tokens',
    example: spell(
      'github',
      '_pat_',
      'NotARealToken012345678_',
      'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVW'
    ),
    counterExample: 'github_pat_11AAAAAAA',
    check: isMixed
  },
  {
    name: 'gitlab-token',
    source: String.raw`${edge}gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_-]{20,}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?`,
    description:
      'Token of GitLab: personal, OAuth, deploy, runner, job, trigger, feed, mail, agent, SCIM or feature flags',
    reference: 'GitLab Docs, token overview, token prefixes',
    example: spell('gl', 'pat-', 'NotARealToken-012345'),
    counterExample: 'glpat-xxxxxxxxxxxxxxxxxxxx',
    check: isGitlabToken
  },
  {
    name: 'bitbucket-app-password',
    source: String.raw`${edge}ATBB[0-9A-Za-z]{24}[0-9A-F]{8}\b`,
    description: 'App password of Bitbucket',
    reference: 'Bitbucket Cloud, app passwords',
    example: spell('AT', 'BB', 'NotARealPassword01234567', '89ABCDEF'),
    counterExample: 'ATBBNotARealPassword01234567notahexa',
    check: isVaried
  },
  {
    name: 'atlassian-token',
    source: String.raw`AT[AC]TT3[0-9A-Za-z_-]{60,}(?:=|%3[Dd])[0-9A-F]{8}\b`,
    description: 'API token of an Atlassian account or access token of a Bitbucket repository, project or workspace',
    reference: 'Atlassian Support, manage API tokens for your Atlassian account',
    example: spell(
      'AT',
      'CT',
      'T3xFfGN0',
      'NotARealToken_0123456789-abcdefghijklmnopqrstuvwxyz',
      '0123456789',
      '=89ABCDEF'
    ),
    counterExample: 'ATCTT3xFfGN0NotARealToken=89ABCDEF',
    check: isVaried
  }
]
