import { mainFigure, ratio, spread } from './statistics.mjs'

const saturatedShare = 0.9
const lateMs = 50
const none = '–'

const number = (value, digits) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

function cell(range, digits, unit = '') {
  if (!range) return none
  const median = `${number(range.median, digits)}${unit}`
  if (range.min === range.max) return median
  return `${median} (${number(range.min, digits)}..${number(range.max, digits)})`
}

function ratioCell(range, goal) {
  if (!range) return none
  if (goal === undefined) return cell(range, 2)
  return range.median <= goal ? `${cell(range, 2)} ≤ ${goal}` : `**${cell(range, 2)} > ${goal}**`
}

const columns = [
  ['scenario', row => row.name],
  ['server', row => `${row.server}${row.results.some(isSaturated) ? ' †' : ''}`],
  ['delivered/s', row => cell(spreadOf(row, 'perSecond'), 0, row.scenario.kind === 'storm' ? ' connects/s' : '')],
  ['p50 ms', row => cell(spreadOf(row, 'p50Ms'), 2)],
  ['p99 ms', row => cell(spreadOf(row, 'p99Ms'), 2)],
  ['p99.9 ms', row => cell(spreadOf(row, 'p999Ms'), 2)],
  ['lost', row => sum(row, 'lost')],
  ['duplicated', row => sum(row, 'duplicated')],
  ['out of order', row => sum(row, 'outOfOrder')],
  ['CPU-s/M', cpuCell],
  ['RSS kB/connection', residentCell],
  ['ArqonBus / peer', row => ratioTo(row, 'arqonbus', 'main')],
  ['with acks / peer', row => ratioTo(row, 'arqonbus-acks', 'main')],
  ['p99 ArqonBus / peer', row => ratioTo(row, 'arqonbus', 'p99')]
]

const isSaturated = result => result?.generatorShare >= saturatedShare

const spreadOf = (row, key) => spread(row.results.map(result => result?.[key] ?? Number.NaN))

/** Over all runs: one lost message in one of them must not vanish in a median. */
function sum(row, key) {
  const values = row.results.map(result => result?.[key]).filter(Number.isFinite)
  return values.length === 0
    ? none
    : number(
        values.reduce((total, value) => total + value, 0),
        0
      )
}

function cpuCell(row) {
  const { kind } = row.scenario
  if (kind === 'idle') return none
  const perDelivery = row.results.map(result => (result ? result.cpuSeconds / result.deliveries : Number.NaN))
  if (kind === 'storm') return cell(spread(perDelivery.map(seconds => seconds * 1000)), 2, ' ms/connect')
  return cell(spread(perDelivery.map(seconds => seconds * 1e6)), 2)
}

function residentCell(row) {
  const range = spreadOf(row, 'residentKbPerConnection')
  const { ceilingKb } = row.scenario
  if (!range || row.server !== 'arqonbus' || !ceilingKb) return cell(range, 1)
  return range.median <= ceilingKb ? `${cell(range, 1)} ≤ ${ceilingKb}` : `**${cell(range, 1)} > ${ceilingKb}**`
}

function ratioTo(row, ourName, which) {
  const ours = row.scenarioRows.find(({ server }) => server === ourName)
  if (!ours || row.server.startsWith('arqonbus')) return none
  const figure = which === 'main' ? result => mainFigure(row.scenario, result) : result => result.p99Ms
  return ratioCell(ratio(ours.results, row.results, figure), row.scenario.goals[which]?.[row.server])
}

/** One Markdown table of all rows: { name, scenario, server, results: [result | null per run] }. */
export function printTable(rows) {
  const complete = rows.map(row => ({ ...row, scenarioRows: rows.filter(({ name }) => name === row.name) }))
  const line = cells => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(() => '---')),
    ...complete.map(row => line(columns.map(([, value]) => value(row))))
  ].join('\n')
}

/** What the reader must know beside the figures, one Markdown list item each. */
export function footnotes(rows) {
  const notes = []
  if (rows.some(row => row.results.some(isSaturated))) {
    notes.push('† The generator used 90 % of its core or more: this server may be faster than its row says.')
  }
  for (const { name, server, results } of rows) {
    const shares = spread(results.map(result => result?.generatorShare ?? Number.NaN))
    if (shares?.max >= saturatedShare) notes.push(`${name}, ${server}: generator at ${number(shares.max * 100, 0)} %`)
    const lag = spread(results.map(result => result?.lagMs ?? Number.NaN))
    if (lag?.max > lateMs) notes.push(`${name}, ${server}: the generator was ${number(lag.max, 0)} ms late once`)
    const texts = new Set(results.flatMap(result => result?.notes ?? []))
    for (const text of texts) notes.push(`${name}, ${server}: ${text}`)
    const failures = results.filter(result => result === null).length
    if (failures > 0) notes.push(`${name}, ${server}: ${failures} of ${results.length} runs failed`)
  }
  return notes.map(note => `- ${note}`).join('\n')
}
