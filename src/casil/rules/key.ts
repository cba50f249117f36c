import { isBech32 } from './checksum.ts'
import { type DocumentedRule, edge, spell } from './rule.ts'
import { isBasicCredential, isFilledIn, isJwt, passwordOf } from './structure.ts'

const base64Run = /[0-9A-Za-z/+=]{40,}/

/** Formats of no single vendor: private keys, signed tokens, passwords in URLs and headers. */
export const keyRules: readonly DocumentedRule[] = [
  {
    name: 'pem-private-key',
    source:
      '-----BEGIN (?:[0-9A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-])*(?:-----END [0-9A-Z ]{0,40}-----)?',
    description: 'Private key in PEM or OpenPGP armour, with its body, also when the end is missing',
    reference: 'RFC 7468, textual encodings of PKIX, PKCS and CMS structures; RFC 9580, ASCII armor',
    example: spell(
      '-----BEGIN PRIV',
      'ATE KEY-----\n',
      'MIINotARealKey0123456789abcdefghijklmnop',
      '\n-----END PRIV',
      'ATE KEY-----'
    ),
    counterExample: spell('a file that starts with -----BEGIN PRIV', 'ATE KEY----- is a key'),
    check: match => base64Run.test(match.slice(match.indexOf('KEY') + 3).replace(/\\[nr]|\s/g, ''))
  },
  {
    name: 'age-secret-key',
    source: 'AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}',
    description: 'Identity of age, an encryption tool',
    reference: 'The age file encryption format, X25519 recipient type',
    example: spell('AGE-SECRET', '-KEY-1', 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JNQEPTQ2'),
    counterExample: spell('AGE-SECRET', '-KEY-1', 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE'),
    check: isBech32
  },
  {
    name: 'json-web-token',
    source: String.raw`eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{2,}\.[0-9A-Za-z_-]{16,}`,
    description: 'Signed JSON Web Token',
    reference: 'RFC 7519, JSON Web Token',
    example: spell(
      'ey',
      'JhbGciOiJIUzI1NiJ9',
      '.ey',
      'JzdWIiOiJub3QtYS1yZWFsLXVzZXIifQ',
      '.NotARealSignature0123456789abcdefghijklmnopq'
    ),
    counterExample: 'eyJub3QiOiJhIGhlYWRlciJ9.eyJzdWIiOiJub3QtYS1yZWFsLXVzZXIifQ.NotARealSignature0123456789',
    check: isJwt
  },
  {
    name: 'database-url',
    source: String.raw`(?i:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|cockroachdb|clickhouse|oracle|cassandra|neo4j|nats)(?:\+[a-z0-9_]+)?://[^\s:/?#@"'<>]*:[^\s/?#"'<>]+@[0-9A-Za-z\[$_{]`,
    description: 'URL of a database or broker with a password',
    reference: 'RFC 3986, section 3.2.1, user information; PostgreSQL, connection URIs',
    example: spell('postgres', '://app:', 'not-a-real-password', '@db.example.org:5432/app'),
    counterExample: 'postgres://app@db.example.org:5432/app',
    check: match => isFilledIn(passwordOf(match))
  },
  {
    name: 'url-password',
    source: String.raw`(?i:https?|wss?|ftps?|sftp|ssh|git|smtps?|imaps?|ldaps?|mqtts?|socks5h?)://[^\s:/?#@"'<>]+:[^\s/?#"'<>]+@[0-9A-Za-z\[$_{]`,
    description: 'URL with a name and a password',
    reference: 'RFC 3986, section 3.2.1, user information',
    example: spell('https', '://deploy:', 'not-a-real-password', '@git.example.org/app.git'),
    counterExample: 'https://git.example.org:8443/@deploy/app',
    check: match => isFilledIn(passwordOf(match))
  },
  {
    name: 'basic-authorization',
    source: String.raw`${edge}(?i:basic)\s+[0-9A-Za-z/+]{8,}={0,2}`,
    description: 'Name and password in an Authorization header',
    reference: 'RFC 7617, the Basic HTTP authentication scheme',
    example: spell('Authorization: Ba', 'sic ', 'bm90LWE6cmVhbC1wYXNzd29yZA=='),
    counterExample: 'Basic instructions',
    check: match => isBasicCredential(/[0-9A-Za-z/+=]+$/.exec(match)?.[0] ?? '')
  }
]
