// Runs the tests, or the files named on the command line, with coverage of src, plugins and routes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compilePrograms } from './support/compile.mjs'

// Most tests are quick beside the start of a process: they share some. Alone are those that wait for a server of NATS,
// whose answers would come late where something else computes, and those that prepare something before all tests of their process. Faults,
// each with three servers and two nodes, come one after the other.
const ALONE = [/nats-(server|cluster|broker|store)/, /^(before|after)\(/m]
const isAlone = file =>
  !file.startsWith('test/faults/') && ALONE.some(pattern => pattern.test(readFileSync(file, 'utf8')))
const MOST_IN_ONE = 20

// The longest begin first: nothing is then left to wait for in the end. So many of their files share a process.
const LONGEST = new Map([
  ['test/faults', MOST_IN_ONE],
  ['test/e2e', 4],
  ['test', 4]
])

// What NATS servers, a browser, Python and the tools of operators do says little about the Node.js below the server, and takes long: it
// is looked at on one Node.js, and so is what the tests cover. On another one the rest is run.
const isAnotherNode = process.env.ANOTHER_NODE === '1'
const OTHERS = ['test/faults/', 'test/e2e/dashboard-', 'test/sdk/', 'test/deploy/']
const isWanted = file => !isAnotherNode || !OTHERS.some(start => file.startsWith(start))

const named = process.argv.slice(2)
const all = readdirSync('test', { recursive: true }).map(file => join('test', file))
const files = (named.length > 0 ? named : all).filter(file => file.endsWith('.test.ts') && isWanted(file)).sort()

compilePrograms()
const folder = mkdtempSync(join(tmpdir(), 'arqonbus-tests-'))
const tests = named.length > 0 ? files : programs()

// Newer versions of Node.js run TypeScript themselves, which is faster.
const loader = process.features.typescript ? [] : ['--import', 'tsx']
// Four at a time, also on a machine of two cores: much of the longest ones is waiting. No process may take longer than twenty minutes.
const options = [...loader, '--test', '--test-concurrency=4', '--test-timeout=1200000']
const reporter = ['--test-reporter=./test/support/reporter.mjs', '--test-reporter-destination=stdout']
const withoutCoverage = named.length > 0 || isAnotherNode
const coverage = withoutCoverage ? [] : ['node_modules/c8/bin/c8.js', process.execPath]
// Most test files load the same modules: where nothing is counted they are compiled once.
const env = { ...process.env, ...(withoutCoverage && { NODE_COMPILE_CACHE: join(folder, 'compiled') }) }
const args = [...coverage, ...options, ...reporter, ...tests]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env })
rmSync(folder, { recursive: true })
process.exit(status ?? 1)

/** Programs that load some files each, all of them before the first test begins. */
function programs() {
  const groups = [...LONGEST].flatMap(([directory, most]) => grouped(file => dirname(file) === directory, most))
  groups.push(...grouped(file => !LONGEST.has(dirname(file)), MOST_IN_ONE))
  // Their names tell the order: the runner sorts them.
  return groups.map((members, index) => {
    const program = join(folder, `${String(index).padStart(3, '0')}.test.mjs`)
    writeFileSync(program, members.map(file => `import '${pathToFileURL(resolve(file))}'\n`).join(''))
    return program
  })
}

/** Those of the files that share processes, and those that are alone. */
function grouped(isOne, most) {
  const members = files.filter(isOne)
  const alone = members.filter(isAlone)
  const others = members.filter(file => !alone.includes(file))
  return [...alone.map(file => [file]), ...chunksOf(others, most)]
}

function chunksOf(list, most) {
  const chunks = []
  for (let start = 0; start < list.length; start += most) chunks.push(list.slice(start, start + most))
  return chunks
}
