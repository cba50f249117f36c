import { configKeys } from './schema.ts'

/** Variables of older deployments that are accepted and do nothing. */
export const inertNames: readonly string[] = [
  'ARQONBUS_INFRA_PROTOCOL',
  'ARQONBUS_ALLOW_JSON_INFRA',
  'ARQONBUS_ENABLE_PERSISTENCE',
  'ARQONBUS_STORAGE_MODE',
  'ARQONBUS_OMEGA_RUNTIME'
]

/** Variables that are read elsewhere: by `src/version.ts` and by the command line for people. */
const foreignNames = [
  'ARQONBUS_BUILD_COMMIT',
  'ARQONBUS_BUILD_DATE',
  'ARQONBUS_HTTP_URL',
  'ARQONBUS_TOKEN',
  'ARQONBUS_WS_URL'
]

const knownNames: ReadonlySet<string> = new Set([
  ...configKeys.flatMap(key => (key.file ? [...key.env, ...key.env.map(fileNameOf)] : key.env)),
  ...inertNames,
  ...foreignNames
])

/** What Kubernetes adds to the environment of a pod for a service whose name begins with `arqonbus`. */
const serviceLink =
  /^ARQONBUS_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)$/
const serviceAddress = /^(?:tcp|udp|sctp):\/\//

const MAX_EDITS = 3

/** Variable that names a file with the value of `name`. */
export function fileNameOf(name: string): string {
  return `${name}_FILE`
}

/**
 * Sentences about `ARQONBUS_*` variables that ask for something, are set, and are not known: likely misspelt. Values are never
 * repeated.
 */
export function findStrangeNames(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(env)
    .filter(name => isStrange(name, env[name]?.trim() ?? ''))
    .map(describeUnknown)
}

function isStrange(name: string, value: string): boolean {
  if (!name.startsWith('ARQONBUS_') || value === '' || knownNames.has(name)) return false
  return !serviceLink.test(name) && !serviceAddress.test(value)
}

function describeUnknown(name: string): string {
  const near = nearestName(name)
  return `${name} is not a known variable${near === undefined ? '' : `; did you mean ${near}?`}`
}

function nearestName(name: string): string | undefined {
  let nearest: string | undefined
  let least = MAX_EDITS + 1
  for (const known of knownNames) {
    if (Math.abs(known.length - name.length) >= least) continue
    const edits = editDistance(known, name)
    if (edits < least) {
      nearest = known
      least = edits
    }
  }
  return nearest
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(row, column - 1) + (from[line - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row, column) + 1, at(next, column - 1) + 1))
    }
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0
}
