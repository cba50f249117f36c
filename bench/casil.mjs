// npm run bench:casil [-- --quick --runs N --only quality,cost,worst]
import { existsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { readCorpus } from '../test/fixtures/casil/corpus.mjs'
import { cleanPayload, worstPayloads } from './casil/payloads.mjs'
import { policies, qualities, worstPolicies } from './casil/policies.mjs'
import { spread } from './statistics.mjs'

const built = new URL('../dist/src/casil/', import.meta.url)
const targets = { cleanMicroseconds: 15, falsePositives: 0.005, recall: 0.98, stallMs: 10 }
const sizes = { '256 B': 256, '1 kB': 1024, '64 kB': 65_500 }

if (!existsSync(built)) {
  console.error('bench: run "npm run build" first')
  process.exit(2)
}
const { createEngine } = await import(new URL('engine.js', built))
const { compilePolicy, defaultPolicy } = await import(new URL('policy.js', built))
const { secretRules } = await import(new URL('rules/index.js', built))

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, runs: { type: 'string' } }
})
const runs = Number(options.runs ?? (options.quick ? 3 : 11))
const batchMs = options.quick ? 20 : 60

function engineFor(changes) {
  return createEngine(compilePolicy({ ...defaultPolicy, enabled: true, ...changes }, secretRules))
}

function inputOf(payload) {
  return { room: 'shop', channel: 'orders', kind: 'data', payload, bytes: Buffer.byteLength(JSON.stringify(payload)) }
}

function printRow(cells) {
  console.log(`| ${cells.join(' | ')} |`)
}

function printHead(title, cells) {
  console.log(`\n${title}\n`)
  printRow(cells)
  printRow(cells.map(() => '---'))
}

function share(part, whole) {
  return `${((100 * part) / whole).toFixed(2)} %`
}

/** How many lines of `lines` fire, and how often each name does. */
function tally(engine, lines, nameOf) {
  const names = new Map()
  for (const line of lines) {
    const isFired = engine.inspect(inputOf(line.payload)).fired.length > 0
    const name = nameOf(line, isFired)
    if (name !== undefined) names.set(name, (names.get(name) ?? 0) + 1)
  }
  return [...names].sort(([, left], [, right]) => right - left)
}

const total = counts => counts.reduce((sum, [, count]) => sum + count, 0)
const listed = counts => counts.map(([name, count]) => `${name} ${count}`).join(', ')

function printQuality() {
  const positives = readCorpus('positives')
  const negatives = readCorpus('negatives')
  printHead(
    `Corpus: ${positives.length} secrets of ${secretRules.length} formats, ${negatives.length} harmless payloads.`,
    ['what looks', 'recall', 'precision', 'false positives']
  )
  const details = []
  for (const [name, changes] of Object.entries(qualities)) {
    const engine = engineFor(changes)
    const missed = tally(engine, positives, (line, isFired) => (isFired ? undefined : `${line.rule} in ${line.kind}`))
    const wrong = tally(engine, negatives, (line, isFired) => (isFired ? line.kind : undefined))
    const found = positives.length - total(missed)
    printRow([
      name,
      share(found, positives.length),
      share(found, found + total(wrong)),
      `${share(total(wrong), negatives.length)} (${total(wrong)})`
    ])
    if (missed.length <= 8) details.push(`${name} misses: ${listed(missed) || 'nothing'}`)
    details.push(`${name}, wrongly: ${listed(wrong.slice(0, 8)) || 'nothing'}`)
    if (name === 'table of rules') {
      expect(found / positives.length >= targets.recall, `recall of the table is at least ${100 * targets.recall} %`)
      expect(
        total(wrong) / negatives.length <= targets.falsePositives,
        `the table fires on at most ${100 * targets.falsePositives} % of what is harmless`
      )
    }
  }
  console.log(`\n${details.join('\n')}`)
}

/** Nanoseconds of one call of `run`, a figure for each run, and the longest single call in milliseconds. */
function measure(run) {
  let perBatch = 1
  for (let elapsed = 0; elapsed < batchMs / 2; perBatch *= 2) elapsed = timeOf(run, perBatch)
  const figures = Array.from({ length: runs }, () => (timeOf(run, perBatch) / perBatch) * 1e6)
  let longestMs = 0
  for (let call = 0; call < Math.min(perBatch, 2000); call += 1) longestMs = Math.max(longestMs, timeOf(run, 1))
  return { nanoseconds: spread(figures), longestMs }
}

function timeOf(run, count) {
  const start = performance.now()
  for (let index = 0; index < count; index += 1) run()
  return performance.now() - start
}

function nanoseconds({ median, min, max }) {
  const digits = median < 100 ? 1 : 0
  const text = value => value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  return `${text(median)} (${text(min)}..${text(max)})`
}

function printCost() {
  printHead('Clean payloads, ns per message: median (least..most of the runs); longest call in ms.', [
    'policy',
    ...Object.keys(sizes).flatMap(size => [size, 'longest'])
  ])
  for (const [name, changes] of [['nothing at all', undefined], ...Object.entries(policies)]) {
    const engine = engineFor(changes ?? {})
    const cells = []
    for (const [size, bytes] of Object.entries(sizes)) {
      const input = inputOf(cleanPayload(bytes))
      const { nanoseconds: figure, longestMs } = measure(runFor(name, engine, input))
      cells.push(nanoseconds(figure), longestMs.toFixed(2))
      if (size === '1 kB' && name.endsWith('default patterns')) {
        expect(
          figure.median <= targets.cleanMicroseconds * 1000,
          `${name}: 1 kB within ${targets.cleanMicroseconds} µs`
        )
      }
    }
    printRow([name, ...cells])
  }
}

let kept = 0

/** What the pipeline does for a message: one branch when disabled. The verdict is kept, so that it is not optimised away. */
function runFor(name, engine, input) {
  if (name === 'nothing at all') return () => (kept += input.bytes & 1)
  return () => {
    if (engine.isEnabled) kept += engine.inspect(input).fired.length
    else kept += input.bytes & 1
  }
}

function printWorst() {
  const rounds = options.quick ? 3 : 9
  const names = Object.keys(worstPolicies)
  printHead(`Worst payloads, drawn afresh ${rounds} times, ms: verdict, with the copy for logs, longest.`, [
    'payload',
    'bytes',
    ...names
  ])
  const engines = names.map(name => engineFor(worstPolicies[name]))
  for (const engine of engines) for (let call = 0; call < 500; call += 1) measureOnce(engine, cleanPayload(1024))
  for (const [name, draw] of Object.entries(worstPayloads)) {
    const figures = engines.map(() => [])
    let bytes = 0
    for (let round = 0; round < rounds; round += 1) {
      const payload = draw()
      bytes = inputOf(payload).bytes
      for (const [index, engine] of engines.entries()) figures[index].push(measureOnce(engine, payload))
    }
    const cells = figures.map((list, index) => {
      const { median, max } = spread(list.map(({ ms }) => ms))
      expect(median <= targets.stallMs, `${names[index]}, ${name}: ${targets.stallMs} ms in the middle of the rounds`)
      const verdictMs = spread(list.map(call => call.verdictMs)).median.toFixed(2)
      const longest = max > targets.stallMs ? `**${max.toFixed(2)}**` : max.toFixed(2)
      return `${verdictMs}, ${median.toFixed(2)}, ${longest} ${list[0].outcome}`
    })
    printRow([name, bytes.toLocaleString('en-US'), ...cells])
  }
}

function measureOnce(engine, payload) {
  const input = inputOf(payload)
  const start = performance.now()
  const verdict = engine.inspect(input)
  const verdictMs = performance.now() - start
  const isCopied = verdict.observable !== payload || verdict.transport !== undefined
  const ms = performance.now() - start
  const { contains_probable_secret: hasSecret, partially_inspected: isPartial } = verdict.classification.flags
  return {
    ms,
    verdictMs,
    outcome: [hasSecret && 'secret', isPartial && 'partial', isCopied && 'copied'].filter(Boolean).join(' ')
  }
}

const failures = []

function expect(isMet, target) {
  if (!isMet) failures.push(target)
}

const parts = { quality: printQuality, cost: printCost, worst: printWorst }
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0].toFixed(2)} at the start`
)
for (const [name, print] of Object.entries(parts)) {
  if (options.only === undefined || options.only.split(',').includes(name)) print()
}
console.log(
  failures.length === 0 ? '\nAll targets are met.' : `\nNot met:\n${failures.map(text => `- ${text}`).join('\n')}`
)
