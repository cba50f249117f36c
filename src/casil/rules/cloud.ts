import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'
import { isEncodedHmac } from './structure.ts'

/** Keys of the large clouds. */
export const cloudRules: readonly DocumentedRule[] = [
  {
    name: 'aws-access-key-id',
    source: String.raw`${edge}A[KS]IA[0-9A-Z]{16}\b`,
    description: 'Access key id of an AWS user (AKIA) or session (ASIA)',
    reference: 'AWS Identity and Access Management, IAM identifiers, unique ID prefixes',
    example: spell('AK', 'IA', 'QYLPMN5HNOTAREAL'),
    counterExample: 'AKIA-QYLPMN5HNOTAREAL'
  },
  {
    name: 'aws-secret-access-key',
    source: String.raw`(?i:secret[_\s-]?(?:access[_\s-]?)?key)[^0-9A-Za-z/+]{1,8}[0-9A-Za-z/+]{40,}`,
    description: 'Secret access key of AWS, known by the name written before it',
    reference: 'AWS Identity and Access Management, managing access keys',
    example: spell('aws_secret_', 'access_key=', 'NotARealKey/0123456789+abcdefghijKLMNOPQ'),
    counterExample: 'aws_secret_access_key=da39a3ee5e6b4b0d3255bfef95601890afd80709',
    check: match => {
      const key = /[0-9A-Za-z/+]+$/.exec(match)?.[0] ?? ''
      return key.length === 40 && isMixed(key)
    }
  },
  {
    name: 'gcp-api-key',
    source: `${edge}AIza[0-9A-Za-z_-]{35}`,
    description: 'API key of Google Cloud, Maps, Firebase and Gemini',
    reference: 'Google Cloud, managing API keys',
    example: spell('AI', 'za', 'SyNotARealKeyButWellFormed-012345_9'),
    counterExample: 'AIzaSyTooShort-0123456789',
    check: isVaried
  },
  {
    name: 'gcp-service-account-key',
    source: String.raw`private_key_id[\\"':=\s]{1,10}[0-9a-f]{40}\b`,
    description: 'Key file of a Google Cloud service account',
    reference: 'Google Cloud IAM, creating service account keys',
    example: spell('"private_', 'key_id": "', '0123456789abcdef0123456789abcdef01234567"'),
    counterExample: '"public_key_id": "0123456789abcdef0123456789abcdef01234567"',
    check: isVaried
  },
  {
    name: 'google-oauth-client-secret',
    source: 'GOCSPX-[0-9A-Za-z_-]{28}',
    description: 'Secret of a Google OAuth 2.0 client',
    reference: 'Google Identity, using OAuth 2.0 for web server applications',
    example: spell('GOC', 'SPX-', 'NotARealSecret_0123456789abc'),
    counterExample: 'GOCSPX-short',
    check: isVaried
  },
  {
    name: 'google-oauth-access-token',
    source: String.raw`${edge}ya29\.[0-9A-Za-z_-]{30,}`,
    description: 'Access token of a Google account',
    reference: 'Google Identity, OAuth 2.0 token types',
    example: spell('ya', '29.', 'a0NotARealTokenButWellFormed-0123456789'),
    counterExample: 'ya29.1',
    check: isVaried
  },
  {
    name: 'azure-storage-account-key',
    source: 'AccountKey=[0-9A-Za-z/+]{86}==',
    description: 'Account key in a connection string of Azure Storage or Cosmos DB',
    reference: 'Azure Storage, configure connection strings',
    example: spell('Account', 'Key=', 'NotARealKey/0123456789+'.repeat(3), 'abcdefghijklmnopq', '=='),
    counterExample: 'AccountKey=<storage-account-key>',
    check: isVaried
  },
  {
    name: 'azure-shared-access-key',
    source: 'SharedAccessKey=[0-9A-Za-z/+]{43}=',
    description: 'Shared access key in a connection string of Azure Service Bus, Event Hubs or IoT Hub',
    reference: 'Azure Service Bus, authentication with shared access signatures',
    example: spell('SharedAccess', 'Key=', 'NotARealKey/0123456789+abcdefghijklmnopqrst', '='),
    counterExample: 'SharedAccessKeyName=RootManageSharedAccessKey',
    check: isVaried
  },
  {
    name: 'azure-shared-access-signature',
    source: '[?&;]sig=[0-9A-Za-z%/+]{43,}(?:=|%3[Dd])',
    description: 'Signed URL of Azure Storage or Logic Apps',
    reference: 'Azure Storage, create a service SAS',
    example: spell('?sv=2024-11-04&sp=r&', 'sig=', 'NotARealSignature%2F0123456789%2Babcdefghijklmn%3D'),
    counterExample: '?sv=2024-11-04&sp=r&sig=0123456789abcdef0123456789abcdef0123456789abcdef%3D',
    check: match => isEncodedHmac(match.slice(match.indexOf('=') + 1))
  },
  {
    name: 'azure-client-secret',
    source: '[0-9]Q~[0-9A-Za-z_~.-]{31,34}',
    description: 'Client secret of an application in Microsoft Entra ID, from its fourth character on',
    reference: 'Microsoft Purview, sensitive information type "Azure AD client secret"',
    example: spell('Not', '8Q', '~', 'ARealSecret.0123456789_abcdefghijk'),
    counterExample: 'Not8Q~ARealSecret',
    check: isVaried
  },
  {
    name: 'alibaba-access-key-id',
    source: String.raw`${edge}LTAI[0-9A-Za-z]{20}\b`,
    description: 'Access key id of Alibaba Cloud',
    reference: 'Alibaba Cloud RAM, AccessKey pairs',
    example: spell('LT', 'AI', '5tNotARealKey0123456'),
    counterExample: 'LTAIsabellaandherfriends',
    check: match => isMixed(withoutEdge(match))
  }
]
