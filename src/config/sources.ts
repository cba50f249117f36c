import { fileNameOf } from './names.ts'
import type { Config, ConfigKey } from './schema.ts'

/** What the settings are made of. */
export interface ConfigSources {
  /** The environment, usually `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the command line says, by the name of the setting (`telemetryPort`, not `telemetry-port`). Wins over `env`. */
  readonly flags?: Readonly<Partial<Record<string, string>>>
  /** Reads the file that a `_FILE` variable names, as text. */
  readonly readFile?: (path: string) => string
  /** What else is wrong with settings that are right one by one, in sentences that name variables. */
  readonly check?: (config: Config) => readonly string[]
}

/** Where a value comes from, by the name that was written: its text, or why there is none. */
export interface Source {
  readonly name: string
  readonly text: string
  readonly fault?: string
}

/** The source of a setting; none if it was left to its default. An empty text is an unset one. */
export function findSource(
  key: ConfigKey,
  { env, flags = {}, readFile }: Required<Omit<ConfigSources, 'check'>>
): Source | undefined {
  const flagged = flags[key.name]
  if (key.flag !== undefined && isSet(flagged)) return { name: `--${key.flag}`, text: flagged }
  for (const name of key.env) {
    const text = env[name]
    const path = key.file ? env[fileNameOf(name)] : undefined
    if (isSet(path)) return isSet(text) ? doubled(name) : readSource(fileNameOf(name), path, readFile)
    if (isSet(text)) return { name, text }
  }
  return undefined
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== ''
}

function doubled(name: string): Source {
  return { name, text: '', fault: `${name} and ${fileNameOf(name)} are both set: only one of them may be` }
}

/** Line breaks at the end are not part of the value: editors and secret stores add them. */
function readSource(name: string, path: string, readFile: (path: string) => string): Source {
  try {
    const text = readFile(path).replace(/[\r\n]+$/, '')
    return text.trim() === '' ? { name, text: '', fault: `${name} names an empty file` } : { name, text }
  } catch (error) {
    return { name, text: '', fault: `${name} names a file that cannot be read (${reasonOf(error)})` }
  }
}

/** System code of the failure: the text of the error repeats the path and may be long. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason'
}
