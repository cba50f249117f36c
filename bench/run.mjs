// npm run bench [-- --scenario a,b --peers a,b --runs N --quick --auth]
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generatorCore, isPinned, pinned } from './cores.mjs'
import { scenarios, shortened } from './scenarios.mjs'
import { answers, servers, startServer } from './servers.mjs'
import { footnotes, printTable } from './table.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const graceMs = 60_000
// Sockets of a process that are not the scenario's connections.
const spareFiles = 200

function fail(sentence) {
  console.error(`bench: ${sentence}`)
  process.exit(2)
}

/** The entries of `table` that a comma-separated list names; all of them without a list. */
function pick(table, list, what) {
  const names = list ? list.split(',') : Object.keys(table)
  for (const name of names) {
    if (!Object.hasOwn(table, name)) fail(`no ${what} "${name}"; there are ${Object.keys(table).join(', ')}`)
  }
  return names
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        auth: { type: 'boolean', default: false },
        peers: { type: 'string' },
        quick: { type: 'boolean', default: false },
        runs: { type: 'string' },
        scenario: { type: 'string' }
      }
    })
    const runs = Number(values.runs ?? (values.quick ? 1 : 5))
    if (!Number.isInteger(runs) || runs < 1) fail('--runs takes a whole number from 1')
    return {
      isQuick: values.quick,
      runs,
      scenarioNames: pick(scenarios, values.scenario, 'scenario'),
      secret: values.auth ? randomBytes(32).toString('hex') : undefined,
      serverNames: pick(servers, values.peers, 'server')
    }
  } catch (error) {
    return fail(error.message)
  }
}

function prepare(serverNames) {
  const npm = (...args) => {
    const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    if (status !== 0) fail(`npm ${args.join(' ')} failed`)
  }
  if (!existsSync(join(here, 'node_modules'))) npm('--prefix', 'bench', 'ci', '--silent')
  if (serverNames.some(name => name.startsWith('arqonbus'))) npm('run', '--silent', 'build')
}

/** How many files a process may open; Node raises its own soft limit to the hard one. */
function maxFiles() {
  if (process.platform === 'win32') return Number.POSITIVE_INFINITY
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}

/** The scenario as it will be run here: shortened if asked, and with no more connections than files allow. */
function fit(name, isQuick, files) {
  const scenario = isQuick ? shortened(scenarios[name]) : { ...scenarios[name] }
  if (scenario.connections > files - spareFiles) {
    scenario.connections = files - spareFiles
    console.error(`bench: ${name} has ${scenario.connections} connections only: raise the limit of open files`)
  }
  return scenario
}

/** Runs the generator on its core and resolves with what it measured. */
function generate(job) {
  const [command, ...args] = pinned(generatorCore, [process.execPath, join(here, 'generator.mjs'), JSON.stringify(job)])
  const timeout = graceMs + (job.scenario.seconds ?? 0) * 1000
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout, killSignal: 'SIGKILL' })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output))
      else reject(new Error(`the generator ended with ${signal ?? code}`))
    })
  })
}

/** One scenario against one fresh server process; null, with the reason on stderr, when it could not be measured. */
async function measure(row, secret) {
  const server = servers[row.server]
  let running
  try {
    running = await startServer(server, secret)
    const { pid: serverPid, port } = running
    const { acks, dialect } = server
    const job = { port, serverPid, dialect, acks, secret, scenario: row.scenario }
    return await generate(job)
  } catch (error) {
    console.error(`bench: ${row.name}, ${row.server}: ${error.message}\n${running?.log() ?? ''}`)
    return null
  } finally {
    await running?.stop()
  }
}

function describeMachine() {
  const [cpu] = cpus()
  return { cpu: cpu?.model ?? 'unknown', cores: cpus().length, system: `${process.platform} ${release()} ${arch()}` }
}

function save(report) {
  const folder = join(here, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${report.startedAt.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  return file
}

const { isQuick, runs, scenarioNames, secret, serverNames } = readOptions()
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
prepare(serverNames)

const startedAt = new Date().toISOString()
const machine = { ...describeMachine(), node: process.version, isPinned, loadBefore: loadavg()[0] }
const files = maxFiles()
const rows = scenarioNames.flatMap(name => {
  const scenario = fit(name, isQuick, files)
  return serverNames
    .filter(server => answers(servers[server], scenario))
    .map(server => ({ name, scenario, server, results: [] }))
})

for (let run = 0; run < runs; run++) {
  for (const name of scenarioNames) {
    const turn = rows.filter(row => row.name === name)
    // The servers take turns in going first, so that a drift of the machine favours none.
    for (let index = 0; index < turn.length; index++) {
      const row = turn[(index + run) % turn.length]
      console.error(`bench: run ${run + 1} of ${runs}: ${name}, ${row.server}`)
      row.results.push(await measure(row, secret))
    }
  }
}

const file = save({ startedAt, machine, runs, isQuick, hasAuth: secret !== undefined, rows })
const placing = isPinned
  ? 'server on core 0, generator on core 1'
  : 'not pinned to cores (no taskset): expect more noise'
console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}; ${placing}`)
console.log(
  `${runs} run(s)${isQuick ? ', shortened' : ''}, medians (min..max); load before ${machine.loadBefore.toFixed(2)}\n`
)
console.log(printTable(rows))
console.log(`\n${footnotes(rows)}`)
console.log(`\nWritten to ${file}`)

const isSound = ({ results }) =>
  results.every(result => result && !(result.lost || result.duplicated || result.outOfOrder))
process.exitCode = rows.every(isSound) ? 0 : 1
