import { type ConfigKey, configSections, type Limit } from '../../src/config.ts'
import { NAME_PATTERN } from '../../src/protocol/address.ts'
import { ID_PATTERN } from '../../src/protocol/envelope.ts'
import { renderTable } from './table.ts'

const head = `# Limits

Everything that the server takes in, keeps or sends is bounded. A limit is exact: its value is still served, one more is met with
what stands under "over it". The codes are explained in [errors.md](errors.md).

Each limit is a variable with the default below. A value out of range stops the server at the start. Sizes are set in bytes, times
in milliseconds, or in seconds where the name says so.`

/** Bounds that no variable changes [limits.md, Limits]. */
const fixed: readonly (readonly string[])[] = [
  ['name of a tenant, room or channel', `\`${NAME_PATTERN}\``, 'VALIDATION_ERROR'],
  ['id of a message', `\`${ID_PATTERN}\``, 'VALIDATION_ERROR'],
  ['compression of messages', 'off', 'not negotiated']
]

const KIB = 1024
const MINUTE_MS = 60_000

/** The whole of `docs/limits.md`, from the schema of the configuration. */
export function renderLimits(): string {
  const sections = configSections.map(({ title, keys }) => ({ title, keys: keys.filter(isLimit) }))
  const parts = sections.filter(({ keys }) => keys.length > 0).map(({ title, keys }) => renderSection(title, keys))
  return `${[head, ...parts, renderFixed()].join('\n\n')}\n`
}

type LimitKey = ConfigKey & { readonly limit: Limit }

function isLimit(key: ConfigKey): key is LimitKey {
  return key.limit !== undefined
}

function renderSection(title: string, keys: readonly LimitKey[]): string {
  const rows = keys.map(key => [
    key.limit.row,
    key.description,
    `\`${key.env[0]}\``,
    sayDefault(key),
    `${key.minimum}–${key.maximum}`,
    key.limit.over
  ])
  return `## ${title}\n\n${renderTable(['limit', 'what it bounds', 'variable', 'default', 'range', 'over it'], rows)}`
}

function renderFixed(): string {
  return `## Fixed\n\n${renderTable(['what', 'bound', 'otherwise'], fixed)}`
}

/** The number to write, and what it is in larger units. */
function sayDefault({ name, default: value }: LimitKey): string {
  const words = typeof value === 'number' ? inUnits(name, value) : undefined
  return words === undefined ? String(value) : `${value} (${words})`
}

function inUnits(name: string, value: number): string | undefined {
  if (name.includes('Bytes')) return inBytes(value)
  if (name.endsWith('Ms')) return inTime(value)
  return name.endsWith('Seconds') ? inTime(value * 1000) : undefined
}

function inBytes(value: number): string | undefined {
  if (value >= KIB * KIB) return `${value / KIB / KIB} MiB`
  return value >= KIB ? `${value / KIB} KiB` : undefined
}

function inTime(valueMs: number): string {
  if (valueMs >= 60 * MINUTE_MS) return `${valueMs / MINUTE_MS / 60} h`
  return valueMs >= MINUTE_MS ? `${valueMs / MINUTE_MS} min` : `${valueMs / 1000} s`
}
