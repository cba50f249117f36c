import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { findContradictions, findOddities } from './coherence.ts'
import { formats } from './formats.ts'
import { keyNotes } from './key.ts'
import { findStrangeNames } from './names.ts'
import { readers } from './readers.ts'
import { type Config, type ConfigKey, type ConfigName, ConfigSchema, configKeys } from './schema.ts'
import { type ConfigSources, findSource, type Source } from './sources.ts'

/** Settings that can be worked with. */
export interface LoadedConfig {
  readonly config: Config
  /** Sentences for the log: variables that are set and do nothing, settings that rarely make sense. */
  readonly warnings: readonly string[]
}

/** The settings are not usable. */
export class ConfigError extends Error {
  /** One sentence for everything that is wrong, by the variable or flag that was written. Secrets are not repeated. */
  readonly faults: readonly string[]
  /**
   * Present when every value is right by itself and only what {@link ConfigSources.check} found stands in the way, or unknown
   * variables, which `prod` does not take. Then the faults are reasons of the same kind as those of `preflight`, and can be told
   * together with them.
   */
  readonly config: Config | undefined

  constructor(faults: readonly string[], config?: Config) {
    super(`The configuration is not usable:\n${faults.map(fault => `  ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
    this.config = config
  }
}

const MAX_SHOWN_CHARS = 80

const ajv = new Ajv({ allErrors: true })
ajv.addVocabulary([...keyNotes])
for (const [name, check] of Object.entries(formats)) ajv.addFormat(name, text => text === '' || check(text))
const isConfig = ajv.compile<Config>(ConfigSchema)

/**
 * Settings from flags, environment and defaults, in this order [protocol.md, Environment and flags]. An empty text is an unset
 * one. Unknown `ARQONBUS_*` variables are warnings, in `prod` faults.
 *
 * @throws ConfigError that names every fault.
 */
export function loadConfig({ env, flags = {}, readFile = readText, check = () => [] }: ConfigSources): LoadedConfig {
  const given = configKeys.map(key => ({ key, source: findSource(key, { env, flags, readFile }) }))
  const values = readValues(given)
  const wrong = findWrongNames(values)
  const faults: string[] = []
  const faulty = new Set<ConfigName>()
  for (const { key, source } of given) {
    const fault = source && findFault(key, source, values[key.name], wrong)
    if (fault === undefined) continue
    faults.push(fault)
    faulty.add(key.name)
    values[key.name] = key.default
  }
  const isProd = values.environment === 'prod'
  values.allowQueryToken ??= !isProd
  values.webhookAllowCidrs ??= isProd ? [] : ['127.0.0.0/8', '::1/128']
  values.cronMinIntervalMs ??= isProd ? 1000 : 100
  if (!isConfig(values)) throw new ConfigError(faults)

  const config = freeze(values)
  const unknown = findStrangeNames(env)
  const [strange, tolerated] = config.environment === 'prod' ? [unknown, []] : [[], unknown]
  const refused = [...check(config), ...strange]
  faults.push(...findContradictions(config, faulty))
  if (faults.length > 0) throw new ConfigError([...faults, ...refused])
  if (refused.length > 0) throw new ConfigError(refused, config)
  return { config, warnings: [...tolerated, ...findOddities(config)] }
}

/** A setting and what was written for it. */
interface Given {
  readonly key: ConfigKey
  readonly source: Source | undefined
}

/** Values as written, right or wrong, else defaults. A setting without either is not there. */
function readValues(given: readonly Given[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { key, source } of given) {
    const value = source ? readers[key.reads](source.text, key) : key.default
    if (value !== undefined) values[key.name] = value
  }
  const isGiven = (name: ConfigName): boolean =>
    given.some(({ key, source }) => key.name === name && source !== undefined)
  values.httpPortIsExplicit = isGiven('httpPort')
  values.telemetryPortIsExplicit = isGiven('telemetryPort')
  return values
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Names of the settings whose values the schema refuses. */
function findWrongNames(values: Record<string, unknown>): ReadonlySet<string> {
  isConfig(values)
  return new Set(isConfig.errors?.map(error => error.instancePath.split('/')[1] ?? ''))
}

function findFault(key: ConfigKey, source: Source, value: unknown, wrong: ReadonlySet<string>): string | undefined {
  if (source.fault !== undefined) return source.fault
  const found = key.secret ? 'is not valid' : `is ${shorten(source.text)}`
  const refusal = Object.entries(key.refused ?? {}).find(([refused]) => refused === String(value).toLowerCase())
  if (refusal !== undefined) return `${source.name} ${found}: ${refusal[1]}`
  return wrong.has(key.name) ? `${source.name} ${found}: it must be ${key.allowed}` : undefined
}

function shorten(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text)
}

function freeze(config: Config): Config {
  for (const value of Object.values(config)) Object.freeze(value)
  return Object.freeze(config)
}
