import { type Static, Type } from '@sinclair/typebox'
import { authenticationKeys } from './authentication.ts'
import { casilKeys } from './casil.ts'
import { connectionKeys } from './connections.ts'
import { featureKeys } from './features.ts'
import { frameKeys } from './frames.ts'
import type { KeyNotes } from './key.ts'
import { listenerKeys, processKeys } from './listeners.ts'
import { cronKeys, omegaKeys, restKeys, storeKeys, webhookKeys } from './operators.ts'
import { historyKeys, timingKeys } from './retention.ts'
import { telemetryKeys } from './telemetry.ts'
import { channelKeys, outboundKeys, rateKeys } from './traffic.ts'

/** Every setting of the server: type, default, meaning, and the variables and flags that set it. */
export const ConfigSchema = Type.Object(
  {
    ...processKeys,
    ...listenerKeys,
    ...authenticationKeys,
    ...featureKeys,
    ...frameKeys,
    ...connectionKeys,
    ...channelKeys,
    ...rateKeys,
    ...outboundKeys,
    ...historyKeys,
    ...timingKeys,
    ...casilKeys,
    ...webhookKeys,
    ...cronKeys,
    ...storeKeys,
    ...restKeys,
    ...omegaKeys,
    ...telemetryKeys
  },
  { additionalProperties: false }
)

/** The settings of one process. Frozen, its lists too. */
export type Config = Readonly<Static<typeof ConfigSchema>>

/** Name of one setting. */
export type ConfigName = keyof Config

/** One setting as the schema describes it. */
export interface ConfigKey extends KeyNotes {
  readonly name: ConfigName
  /** Absent where the default depends on other settings. */
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  /** The words of a choice. */
  readonly enum?: readonly string[]
}

/** A part of the configuration, for documents. */
export interface ConfigSection {
  readonly title: string
  readonly keys: readonly ConfigKey[]
}

/** Every setting, in the order of the documents. */
export const configSections: readonly ConfigSection[] = [
  section('Process', processKeys),
  section('Listeners', listenerKeys),
  section('Authentication', authenticationKeys),
  section('Parts', featureKeys),
  section('Messages and requests', frameKeys),
  section('Connections', connectionKeys),
  section('Rooms and channels', channelKeys),
  section('Rates of one connection', rateKeys),
  section('Slow readers', outboundKeys),
  section('History', historyKeys),
  section('Pace', timingKeys),
  section('Inspection of contents', casilKeys),
  section('Webhooks', webhookKeys),
  section('Cron', cronKeys),
  section('Store', storeKeys),
  section('HTTP for operators', restKeys),
  section('Experimental lane', omegaKeys),
  section('Telemetry', telemetryKeys)
]

/** Every setting, flat. */
export const configKeys: readonly ConfigKey[] = configSections.flatMap(({ keys }) => keys)

function section(title: string, keys: Partial<typeof ConfigSchema.properties>): ConfigSection {
  return { title, keys: Object.entries(keys).map(([name, notes]) => ({ ...notes, name: name as ConfigName })) }
}
