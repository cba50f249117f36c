import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm test` compiles, with maps by which its coverage counts for the source, and what a build leaves. */
const compiled = ['.build', 'dist']

/**
 * What Node.js is told to run a program of the source: a compiled form that is newer than every source, where there is one, since it
 * starts in a third of the time.
 * @param name path without its ending, such as `src/main`
 */
export function programArgs(name: string): string[] {
  const newestMs = Math.max(...['src', 'plugins', 'routes'].flatMap(modifiedMs))
  const folder = compiled.find(folder => newestMs < compiledMs(folder))
  return folder === undefined ? ['--import', 'tsx', join(root, `${name}.ts`)] : [join(root, folder, `${name}.js`)]
}

function compiledMs(folder: string): number {
  return statSync(join(root, folder, '.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function modifiedMs(directory: string): number[] {
  const files = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
  return files.map(file => statSync(join(root, directory, file)).mtimeMs)
}
