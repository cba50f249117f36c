import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * What Node.js is told to run a program of the source: its built form when that is newer than every source and coverage is not
 * counted, since it starts in a third of the time.
 * @param name path without its ending, such as `src/main`
 */
export function programArgs(name: string): string[] {
  const built = join(root, 'dist', `${name}.js`)
  const source = ['--import', 'tsx', join(root, `${name}.ts`)]
  if (process.env.NODE_V8_COVERAGE !== undefined || !existsSync(built)) return source
  const newestMs = Math.max(...['src', 'plugins', 'routes'].flatMap(modifiedMs))
  return newestMs < statSync(join(root, 'dist/.tsbuildinfo')).mtimeMs ? [built] : source
}

function modifiedMs(directory: string): number[] {
  const files = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
  return files.map(file => statSync(join(root, directory, file)).mtimeMs)
}
