import { type ConfigKey, configSections, fileNameOf, inertNames } from '../../src/config.ts'
import { renderTable } from './table.ts'

const head = `Flags win over variables, variables over defaults. An empty variable is an unset one. Lists are separated by commas; switches take
\`true\`, \`false\`, \`1\`, \`0\`, \`yes\`, \`no\`, \`on\` and \`off\`. Everything that is wrong is reported at once, and the process exits with 2;
\`arqonbus --check-config\` does only that. An unknown \`ARQONBUS_*\` variable is a warning, with \`ARQONBUS_ENVIRONMENT=prod\` a reason not to
start; those that Kubernetes adds for a service named \`arqonbus\` are passed over.`

/** The part of the README about settings: every variable that is not a limit, and where those are. */
export function renderConfiguration(): string {
  const sections = configSections.map(({ title, keys }) => ({ title, keys: keys.filter(isShown) }))
  const parts = sections.filter(({ keys }) => keys.length > 0).map(({ title, keys }) => renderSection(title, keys))
  return [head, ...parts, renderTail()].join('\n\n')
}

function isShown(key: ConfigKey): boolean {
  return key.limit === undefined && key.env.length > 0
}

function renderSection(title: string, keys: readonly ConfigKey[]): string {
  const rows = keys.map(key => [sayNames(key), key.flag ? `\`--${key.flag}\`` : '', sayDefault(key), key.description])
  return `### ${title}\n\n${renderTable(['variable', 'flag', 'default', 'meaning'], rows)}`
}

function sayNames(key: ConfigKey): string {
  const names = key.file ? key.env.flatMap(name => [name, fileNameOf(name)]) : key.env
  return names.map(name => `\`${name}\``).join(' or ')
}

function sayDefault(key: ConfigKey): string {
  if (key.computed !== undefined) return key.computed
  const isUnset = key.default === undefined || (Array.isArray(key.default) && key.default.length === 0)
  return isUnset ? '' : `\`${key.default}\``
}

function renderTail(): string {
  const inert = inertNames.map(name => `\`${name}\``).join(', ')
  return `### Limits\n
Sizes, rates and times have variables too, such as \`ARQONBUS_MAX_CONNECTIONS\`, \`ARQONBUS_MAX_MESSAGE_SIZE\` and
\`ARQONBUS_MAX_HISTORY_SIZE\`: [docs/limits.md](docs/limits.md) lists all of them.

### Accepted without effect

${inert}.`
}
