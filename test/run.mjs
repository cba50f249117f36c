// Runs the tests, or the files named on the command line, with coverage of src, plugins and routes.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const named = process.argv.slice(2)
const files = named.length > 0 ? named : readdirSync('test', { recursive: true }).map(file => join('test', file))
const tests = files.filter(file => file.endsWith('.test.ts')).sort()

const coverage = named.length > 0 || process.env.NO_COVERAGE === '1' ? [] : ['node_modules/c8/bin/c8.js']
const { status } = spawnSync(
  process.execPath,
  [...coverage, ...(coverage.length > 0 ? [process.execPath] : []), '--import', 'tsx', '--test', ...tests],
  { stdio: 'inherit' }
)
process.exit(status ?? 1)
