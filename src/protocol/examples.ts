import { asSchema, type PlainSchema } from './plain-schema.ts'

const CLIENT = 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00'
const MOMENT = '2026-11-22T12:00:00.000Z'

/** What stands in an example where a text has no sample. No document is to hold it. */
export const NO_SAMPLE = '…'

/**
 * What a field of a name holds in examples whose schema gives none; the first one of the right type counts. So every document shows
 * the same small world: one client, one channel, one message.
 */
const samples: Readonly<Record<string, readonly unknown[]>> = {
  aliases: [['history.get']],
  at: [MOMENT],
  avatar: ['fox'],
  backend: ['memory'],
  bytes: [214],
  capabilities: [{ publish: ['science:*'], subscribe: null }],
  channel: ['explore'],
  channel_id: ['science:explore'],
  channel_name: ['explore'],
  channels: [['science:explore'], 1],
  client_type: ['ai-agent'],
  created: [false],
  created_by: [CLIENT],
  cursor: ['science:explore'],
  dead_lettered: [0],
  decision: ['ALLOW_WITH_REDACTION'],
  default_decision: ['allow'],
  deleted: [true],
  deleted_by: [CLIENT],
  delivery_id: ['whd_01890a5d-ac96-774b-bcce-b302099a8057'],
  description: ['What was found'],
  dropped: [0],
  duration_ms: [38],
  emitted_by: [CLIENT],
  enabled: [true],
  epoch: ['5f0c3a9b1d2e'],
  event_id: ['omega_evt_0a1b2c3d4e5f'],
  failed: [0],
  fired: [['paths: password'], 1],
  found: [true],
  from_ts: ['2026-11-22T11:00:00.000Z'],
  git_commit: ['9fceb02'],
  host: ['127.0.0.1'],
  http: ['http://127.0.0.1:8080'],
  id: ['arq_report-17'],
  job_id: ['cron_3f1c09ab27de'],
  key: ['agents/planner'],
  keys: [['agents/planner']],
  kind: ['simulated'],
  lab_channel: ['signals'],
  lab_room: ['omega-lab'],
  last_status: [200],
  latency_ms: [0.4],
  lifetime: ['tenant'],
  limit: [100],
  max_events: [1000],
  max_inspect_bytes: [65536],
  max_patterns: [32],
  max_payload_bytes: [262144],
  max_substrates: [128],
  message: ['Done'],
  message_id: ['arq_report-17'],
  metadata: [{}],
  mode: ['enforce'],
  name: ['explore'],
  namespace: ['lab'],
  next_after: [42],
  next_cursor: ['science:explore'],
  node: ['node-1'],
  ok: [true],
  outcome: ['ok'],
  owner_client_id: [CLIENT],
  participants: [[CLIENT]],
  payload: [{ text: 'hello' }],
  personality: ['curious'],
  policy_code: [null],
  prefix: ['agents/'],
  protocol: ['1.0'],
  publish: [['science:*']],
  reason: ['exhausted'],
  reason_code: ['CASIL_POLICY_REDACTED'],
  recovered: [true],
  redaction_paths: [['password', 'api_key']],
  redaction_patterns: [['tok_[a-z0-9]{24}']],
  risk_level: ['high'],
  remaining_count: [0],
  role: ['admin'],
  room: ['science'],
  room_id: ['science'],
  rule_id: ['wh_0a1b2c3d4e5f'],
  scope_exclude: [['science:general']],
  scope_include: [['science:*']],
  screen_name: ['Ada'],
  sender: [CLIENT],
  sequence: [42],
  signal: ['spike'],
  state: ['active'],
  status: [200],
  storage: ['memory'],
  subject: ['ada'],
  subscribe: [['science:*']],
  substrate_id: ['omega_0a1b2c3d4e5f'],
  summary: ['Ask whether the bus answers.'],
  telemetry: ['ws://127.0.0.1:9101/telemetry'],
  tenant_id: ['acme'],
  timeout_seconds: [2],
  timestamp: [MOMENT],
  timezone: ['Europe/Berlin'],
  cron: ['55 8 * * MON-FRI'],
  to: [[CLIENT]],
  to_ts: [MOMENT],
  token: ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'],
  type: ['system'],
  types: [['message', 'event']],
  until: [MOMENT],
  url: ['https://hooks.example.com/bus'],
  value: [{ state: 'idle' }, 42],
  version: ['1.0.0', 83127],
  websocket: ['ws://127.0.0.1:9100/ws']
}

/**
 * A value that a schema takes: its own example, or one put together from those of its parts.
 * @param name of the field that it stands in; empty for the whole
 */
export function exampleOf(schema: PlainSchema, name = ''): unknown {
  const { examples, properties, items, anyOf, type } = schema
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const [sample] = (samples[name] ?? []).filter(value => fits(value, schema))
  if (sample !== undefined) return sample
  if (properties !== undefined) {
    const members = Object.entries(asSchema(properties))
    return Object.fromEntries(members.map(([key, member]) => [key, exampleOf(asSchema(member), key)]))
  }
  if (items !== undefined) return [exampleOf(asSchema(items), name)]
  if ('default' in schema) return schema.default
  if (Array.isArray(anyOf)) return exampleOf(asSchema(anyOf[0]), name)
  return plainExampleOf(type, name)
}

function plainExampleOf(type: unknown, name: string): unknown {
  if (type === 'boolean') return false
  if (type === 'null') return null
  if (type === 'integer' || type === 'number') return 1
  if (type !== 'string') return {}
  if (/(^|_)(at|ts|activity|since|date)$/.test(name)) return MOMENT
  return /(^|_)client_id$/.test(name) ? CLIENT : NO_SAMPLE
}

/** Whether a sample is of the type that the schema wants. An object with members of its own is put together from them. */
function fits(value: unknown, { type, anyOf, properties, items }: PlainSchema): boolean {
  if (Array.isArray(anyOf)) return anyOf.some(member => fits(value, asSchema(member)))
  if (Array.isArray(type)) return type.some(one => fits(value, { type: one }))
  if (type === undefined) return true
  if (type === 'array') return Array.isArray(value) && value.every(one => fits(one, asSchema(items)))
  if (type === 'object') return isObject(value) && Object.keys(asSchema(properties)).length === 0
  if (type === 'integer' || type === 'number') return typeof value === 'number'
  return type === 'null' ? value === null : typeof value === type
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
