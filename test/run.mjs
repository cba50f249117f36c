// Runs the tests, or the files named on the command line, with coverage of src, plugins and routes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Tests of one part are quick beside the start of a process: those of a directory share one. The others have one for each file, and
// so have those that wait for a server of NATS, whose answers would come late where something else computes.
const PARTS = /^test\/(src|docs|plugins|routes|deploy)\//
const isShared = file => PARTS.test(file) && !/nats/i.test(readFileSync(file, 'utf8'))
const MOST_IN_ONE = 20

// What is done to NATS servers and nodes says little about the Node.js below them, and takes long: it need not be done on each.
const isWanted = file => process.env.NO_FAULTS !== '1' || !file.startsWith('test/faults/')

const named = process.argv.slice(2)
const all = readdirSync('test', { recursive: true }).map(file => join('test', file))
const files = (named.length > 0 ? named : all).filter(file => file.endsWith('.test.ts') && isWanted(file)).sort()

const folder = mkdtempSync(join(tmpdir(), 'arqonbus-tests-'))
const tests = named.length > 0 ? files : [...filesAlone(), ...groups()]

// Two at a time, also on a small machine: much of the longest ones is waiting. No test may take longer than ten minutes.
const options = ['--import', 'tsx', '--test', '--test-concurrency=2', '--test-timeout=600000']
const reporter = ['--test-reporter=./test/support/reporter.mjs', '--test-reporter-destination=stdout']
const withoutCoverage = named.length > 0 || process.env.NO_COVERAGE === '1'
const coverage = withoutCoverage ? [] : ['node_modules/c8/bin/c8.js', process.execPath]
const { status } = spawnSync(process.execPath, [...coverage, ...options, ...reporter, ...tests], { stdio: 'inherit' })
rmSync(folder, { recursive: true })
process.exit(status ?? 1)

function filesAlone() {
  return files.filter(file => !isShared(file))
}

/** Programs that load the files of a directory, or some of them where there are many: all of them before the first test begins. */
function groups() {
  const directories = new Map()
  for (const file of files.filter(isShared)) {
    const directory = dirname(file)
    directories.set(directory, [...(directories.get(directory) ?? []), file])
  }
  return [...directories].flatMap(([directory, members]) => {
    const parts = []
    for (let start = 0; start < members.length; start += MOST_IN_ONE)
      parts.push(members.slice(start, start + MOST_IN_ONE))
    return parts.map((part, index) => {
      const program = join(folder, `${directory.replaceAll('/', '-')}-${index}.test.mjs`)
      writeFileSync(program, part.map(file => `import '${pathToFileURL(resolve(file))}'\n`).join(''))
      return program
    })
  })
}
