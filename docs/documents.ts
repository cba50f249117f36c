import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderAsyncApi } from './render/asyncapi.ts'
import { commandFiles, renderCommandTypes } from './render/client-commands.ts'
import { renderCommands, renderCommandsJson } from './render/commands.ts'
import { renderEnvelopeSchema } from './render/envelope.ts'
import { renderErrors } from './render/errors.ts'
import { renderLimits } from './render/limits.ts'
import { renderOpenApi } from './render/openapi.ts'
import { renderReadme } from './render/readme.ts'

/** Map of path -> what the file has to hold, given what it holds. */
const documents: Readonly<Record<string, (present: string) => string | Promise<string>>> = {
  'README.md': renderReadme,
  'docs/commands.md': renderCommands,
  'docs/errors.md': renderErrors,
  'docs/limits.md': renderLimits,
  'openapi/asyncapi.json': renderAsyncApi,
  'openapi/commands.json': renderCommandsJson,
  'openapi/envelope.schema.json': renderEnvelopeSchema,
  'openapi/openapi.json': renderOpenApi,
  ...Object.fromEntries(Object.keys(commandFiles).map(path => [path, () => renderCommandTypes(path)]))
}

/** The generated files that do not say what the code says, by their paths within the folder `root`. */
export async function findStale(root: string): Promise<string[]> {
  return [...(await renderStale(root)).keys()]
}

/** Writes the generated files that are stale, and tells which. */
export async function writeStale(root: string): Promise<string[]> {
  const stale = await renderStale(root)
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return [...stale.keys()]
}

/** What the stale files have to hold: Map( path -> text ) */
async function renderStale(root: string): Promise<Map<string, string>> {
  const stale = new Map<string, string>()
  for (const [path, render] of Object.entries(documents)) {
    const present = readPresent(root, path)
    const text = await render(present)
    if (text !== present) stale.set(path, text)
  }
  return stale
}

function readPresent(root: string, path: string): string {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
