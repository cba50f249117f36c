import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderCommands, renderCommandsJson } from './render/commands.ts'
import { renderEnvelopeSchema } from './render/envelope.ts'
import { renderErrors } from './render/errors.ts'
import { renderLimits } from './render/limits.ts'
import { renderReadme } from './render/readme.ts'

/** Map of path -> what the file has to hold, given what it holds. */
const documents: Readonly<Record<string, (present: string) => string>> = {
  'README.md': renderReadme,
  'docs/commands.md': renderCommands,
  'docs/errors.md': renderErrors,
  'docs/limits.md': renderLimits,
  'openapi/commands.json': renderCommandsJson,
  'openapi/envelope.schema.json': renderEnvelopeSchema
}

/** The generated files that do not say what the code says, by their paths within the folder `root`. */
export function findStale(root: string): string[] {
  return Object.entries(documents)
    .filter(([path, render]) => {
      const present = readPresent(root, path)
      return render(present) !== present
    })
    .map(([path]) => path)
}

/** Writes the generated files that are stale, and tells which. */
export function writeStale(root: string): string[] {
  const stale = findStale(root)
  for (const path of stale) {
    const text = documents[path]?.(readPresent(root, path)) ?? ''
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return stale
}

function readPresent(root: string, path: string): string {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
