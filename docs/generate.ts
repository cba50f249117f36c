// npm run docs:generate [-- --check]: in the folder where it is run, which npm makes the root of the project.
import { findStale, writeStale } from './documents.ts'

const root = process.cwd()

if (process.argv.includes('--check')) {
  const stale = await findStale(root)
  for (const path of stale) console.error(`${path} is stale: run npm run docs:generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const path of await writeStale(root)) console.log(`wrote ${path}`)
}
