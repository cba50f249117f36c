// Runs the tests, or the files named on the command line, with coverage of src, plugins and routes.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const named = process.argv.slice(2)
const files = named.length > 0 ? named : readdirSync('test', { recursive: true }).map(file => join('test', file))
const tests = files.filter(file => file.endsWith('.test.ts')).sort()

// Two files at a time, also on a small machine: much of the longest ones is waiting. No file may take longer than ten minutes.
const options = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-timeout=600000', '--test-reporter=./test/support/reporter.mjs']
const coverage = named.length > 0 || process.env.NO_COVERAGE === '1' ? [] : ['node_modules/c8/bin/c8.js']
const { status } = spawnSync(
  process.execPath,
  [...coverage, ...(coverage.length > 0 ? [process.execPath] : []), ...options, ...tests],
  { stdio: 'inherit' }
)
process.exit(status ?? 1)
