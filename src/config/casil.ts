import { choice, int, list, patterns, toggle } from './key.ts'

const TEXT = { format: 'text', allowed: 'texts with commas between them' }

/** Inspection of contents: what the policy is at the start. `op.casil.reload` changes it while the server runs. */
export const casilKeys = {
  casilEnabled: toggle({
    env: ['ARQONBUS_CASIL_ENABLED'],
    default: false,
    description: 'Whether contents are inspected (`docs/casil.md`).'
  }),
  casilMode: choice(['monitor', 'enforce'], {
    env: ['ARQONBUS_CASIL_MODE'],
    default: 'monitor',
    description: 'Whether findings are only reported, or acted upon.'
  }),
  casilDefaultDecision: choice(['allow', 'block'], {
    env: ['ARQONBUS_CASIL_DEFAULT_DECISION'],
    default: 'allow',
    description: 'What happens when inspection fails, or ends at its limit.'
  }),
  casilScopeInclude: list({
    env: ['ARQONBUS_CASIL_SCOPE_INCLUDE'],
    ...TEXT,
    description: 'Patterns of `room:channel` that are inspected; none means all.'
  }),
  casilScopeExclude: list({
    env: ['ARQONBUS_CASIL_SCOPE_EXCLUDE'],
    ...TEXT,
    description: 'Patterns of `room:channel` that are not inspected, whatever is included.'
  }),
  casilMaxInspectBytes: int({
    env: ['ARQONBUS_CASIL_MAX_INSPECT_BYTES'],
    default: 65_536,
    min: 1,
    max: 16_777_216,
    limit: { row: 'inspected bytes of a payload', over: 'flag `partially_inspected`, see `docs/casil.md`' },
    description: 'So much of a payload is inspected, from its start.'
  }),
  casilMaxPatterns: int({
    env: ['ARQONBUS_CASIL_MAX_PATTERNS'],
    default: 32,
    min: 1,
    max: 64,
    limit: { row: 'redaction patterns', over: 'the policy is refused' },
    description: 'Largest number of redaction patterns.'
  }),
  casilMaxPayloadBytes: int({
    env: ['ARQONBUS_CASIL_MAX_PAYLOAD_BYTES'],
    default: 262_144,
    min: 0,
    max: 16_777_216,
    limit: { row: 'payload in an inspected channel', over: '`CASIL_POLICY_OVERSIZE` in enforce mode' },
    description: 'Largest payload in an inspected channel; 0 means no bound of its own.'
  }),
  casilBlockOnProbableSecret: toggle({
    env: ['ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET'],
    default: false,
    description: 'Whether enforce mode blocks a probable secret.'
  }),
  casilRedactionPaths: list({
    env: ['ARQONBUS_CASIL_REDACTION_PATHS'],
    ...TEXT,
    default: ['password', 'token', 'secret'],
    description: 'Keys whose values are redacted, at any depth.'
  }),
  casilRedactionPatterns: patterns({
    env: ['ARQONBUS_CASIL_REDACTION_PATTERNS'],
    description:
      'What is a probable secret, in RE2 syntax, instead of the default patterns. A JSON array may hold commas.'
  }),
  casilTransportRedaction: toggle({
    env: ['ARQONBUS_CASIL_TRANSPORT_REDACTION'],
    default: false,
    description: 'Whether enforce mode redacts what members get, too.'
  }),
  casilNeverLogPayloadFor: list({
    env: ['ARQONBUS_CASIL_NEVER_LOG_PAYLOAD_FOR'],
    ...TEXT,
    description: 'Globs of `room:channel` whose payloads never reach logs or telemetry.'
  }),
  casilMetadataToLogs: toggle({
    env: ['ARQONBUS_CASIL_METADATA_TO_LOGS'],
    default: true,
    description: 'Whether findings are logged, without the payload.'
  }),
  casilMetadataToTelemetry: toggle({
    env: ['ARQONBUS_CASIL_METADATA_TO_TELEMETRY'],
    default: true,
    description: 'Whether findings are telemetry events, without the payload.'
  }),
  casilMetadataToEnvelope: toggle({
    env: ['ARQONBUS_CASIL_METADATA_TO_ENVELOPE'],
    default: false,
    description: 'Whether delivered envelopes say what was decided, in `metadata.casil`.'
  }),
  casilSecretRules: toggle({
    env: ['ARQONBUS_CASIL_SECRET_RULES'],
    default: false,
    description: 'Whether the built-in table of documented secret formats is used beside the patterns.'
  })
}
