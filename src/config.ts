export { MIN_SECRET_BYTES } from './config/coherence.ts'
export type { KeyNotes, Limit } from './config/key.ts'
export { ConfigError, type LoadedConfig, loadConfig } from './config/load.ts'
export { fileNameOf, inertNames } from './config/names.ts'
export {
  type Config,
  type ConfigKey,
  type ConfigName,
  ConfigSchema,
  type ConfigSection,
  configKeys,
  configSections
} from './config/schema.ts'
export type { ConfigSources } from './config/sources.ts'
