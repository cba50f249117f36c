import { renderOverview } from './commands.ts'
import { renderConfiguration } from './configuration.ts'

/** The generated parts of the README, by the name that stands in their marks. */
const parts: Readonly<Record<string, () => string>> = {
  commands: () => renderOverview('docs/commands.md#'),
  configuration: renderConfiguration
}

/** The README with its generated parts renewed. @throws {Error} when the marks of a part are missing */
export function renderReadme(present: string): string {
  return Object.entries(parts).reduce((text, [name, render]) => replacePart(text, name, render()), present)
}

function replacePart(text: string, name: string, part: string): string {
  const begin = `<!-- ${name}: made by \`npm run docs:generate\` -->`
  const end = `<!-- /${name} -->`
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`README.md lacks ${from < 0 ? begin : end}`)
  return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`
}
