import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Folders whose files are not the project's own. */
const foreign: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage', 'results'])

/** The text of a file, by its path within the project. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Whether a file or folder of the project is there. */
export function isThere(path: string): boolean {
  return existsSync(join(root, path))
}

/** The paths of all documents of the project. */
export function findDocuments(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return foreign.has(entry.name) || entry.name.startsWith('.') ? [] : findDocuments(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}
