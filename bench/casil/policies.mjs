const fields = 'diagnosis patient insurance passport licence salary account birthdate'.split(' ')

const five = [
  String.raw`\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`,
  String.raw`\b4[0-9]{12}(?:[0-9]{3})?\b`,
  String.raw`(?i)password\s*[:=]\s*\S+`,
  String.raw`(?i)bearer\s+[a-z0-9._~+/-]+=*`,
  'sk_live_[0-9A-Za-z]{8,}'
]

const further = [
  String.raw`\b5[1-5][0-9]{14}\b`,
  String.raw`\b3[47][0-9]{13}\b`,
  String.raw`\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}\b`,
  String.raw`(?i)\bmrn[:# ]{1,3}[0-9]{6,10}\b`,
  String.raw`(?i)\bicd-?10[: ]{1,3}[a-z][0-9]{2}(?:\.[0-9]{1,2})?`,
  'AKIA[0-9A-Z]{16}',
  'ghp_[0-9A-Za-z]{36}',
  'xox[bp]-[0-9A-Za-z-]{20,}',
  '-----BEGIN [A-Z ]*PRIVATE KEY-----',
  String.raw`eyJ[0-9A-Za-z_-]+\.eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+`,
  String.raw`(?i)\bpin\s*(?:is|=|:)\s*[0-9]{4,6}\b`
]

const named = fields.flatMap(field => [
  String.raw`(?i)${field}_?id\s*[:=]\s*[0-9]+`,
  String.raw`(?i)"${field}"\s*:\s*"[^"]+"`
])

/** Changes to the default policy, by name; each is measured. */
export const policies = {
  disabled: { enabled: false },
  'out of scope': { scope_include: ['secure-*'] },
  'monitor, default patterns': {},
  'enforce, default patterns': { mode: 'enforce' },
  'monitor, 5 patterns': { redaction_patterns: five },
  'enforce, 5 patterns': { mode: 'enforce', redaction_patterns: five },
  'enforce, 32 patterns': { mode: 'enforce', redaction_patterns: [...five, ...further, ...named] },
  'enforce, default patterns and rules': { mode: 'enforce', secret_rules: true }
}

/** The policies under which the worst payloads are measured: everything that costs is switched on. */
export const worstPolicies = {
  'default patterns': { mode: 'enforce', transport_redaction: true },
  '32 patterns': {
    mode: 'enforce',
    transport_redaction: true,
    redaction_patterns: policies['enforce, 32 patterns'].redaction_patterns
  },
  'patterns and rules': { mode: 'enforce', transport_redaction: true, secret_rules: true }
}

/** What is measured on the corpus: which patterns, and whether the table of rules. A pattern that matches nothing stands for none. */
export const qualities = {
  'default patterns': { redaction_paths: [] },
  'table of rules': { redaction_paths: [], redaction_patterns: ['no such text, \\z no such text'], secret_rules: true },
  both: { redaction_paths: [], secret_rules: true }
}
