// Tells one line per file, every failure as it comes, and at the end what failed and what took longest: the end is what CI keeps.
import { inspect } from 'node:util'

const SLOWEST = 15

/** How a file did: its tests, those that failed, and milliseconds from its first test to its last. */
const newFile = () => ({ tests: 0, failed: 0, durationMs: 0 })

const seconds = ms => `${(ms / 1000).toFixed(1).padStart(7)} s`

const describe = ({ name, file = '', details }) => {
  const { error } = details
  const { exitCode, signal } = error ?? {}
  const end = exitCode || signal ? `    the process ended with ${signal ?? exitCode}\n` : ''
  return `FAILED ${file}\n  ${name}\n${end}${inspect(error?.cause ?? error, { depth: 6 }).replace(/^/gm, '    ')}\n`
}

/** @param {AsyncIterable<{ type: string, data: any }>} events of the runner */
export default async function* report(events) {
  const files = new Map()
  const failures = []
  const startedMs = Date.now()
  let current
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const file = data.file?.replace(`${process.cwd()}/`, '') ?? data.name
    if (file !== current && current !== undefined) yield lineOf(current, files.get(current))
    current = file
    if (!files.has(file)) files.set(file, newFile())
    const sum = files.get(file)
    if (data.nesting === 0) sum.durationMs += data.details.duration_ms
    const isSuite = data.details.type === 'suite'
    if (!isSuite) sum.tests++
    if (type === 'test:pass') continue
    sum.failed++
    // A suite that fails only since something in it failed adds nothing.
    if (data.details.error?.failureType === 'subtestsFailed') continue
    const text = describe({ ...data, file })
    failures.push(text)
    yield text
  }
  if (current !== undefined) yield lineOf(current, files.get(current))
  const slowest = [...files].sort(([, a], [, b]) => b.durationMs - a.durationMs).slice(0, SLOWEST)
  yield `\nLongest files:\n${slowest.map(([file, sum]) => lineOf(file, sum)).join('')}`
  const tests = [...files.values()].reduce((all, { tests }) => all + tests, 0)
  yield `\n${tests} tests in ${files.size} files, ${failures.length} failed, ${seconds(Date.now() - startedMs).trim()}, Node ${process.version}\n`
  if (failures.length > 0) yield `\n${failures.join('\n')}`
}

function lineOf(file, { tests, failed, durationMs }) {
  return `${failed > 0 ? 'not ok' : 'ok    '} ${seconds(durationMs)} ${String(tests).padStart(5)} tests  ${file}\n`
}
