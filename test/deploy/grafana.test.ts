import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isThere, readText } from '../documents/project.ts'
import { runPromtool } from '../support/prometheus.ts'
import { metricKinds, namesIn } from './metric-names.ts'

interface Target {
  readonly refId: string
  readonly expr: string
  readonly datasource: { readonly uid: string }
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
}

const dashboard = JSON.parse(readText('deploy/grafana/dashboards/arqonbus.json')) as {
  readonly uid: string
  readonly panels: readonly Panel[]
}
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

test('the dashboard shows every metric of the server, and no other', async t => {
  const kinds = await metricKinds(t)
  assert.deepEqual([...namesIn(expressions.join('\n'))].sort(), [...kinds.keys()].sort())
})

test('rates are of counters and histograms, and quantiles of histograms', async t => {
  const kinds = await metricKinds(t)
  for (const expression of expressions) {
    const [name = ''] = namesIn(expression)
    const kind = kinds.get(name)
    assert.equal(/\b(rate|increase)\(/.test(expression), kind === 'counter' || kind === 'histogram', expression)
    assert.equal(expression.startsWith('histogram_quantile'), kind === 'histogram', expression)
  }
})

test('Prometheus understands every question', t => {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-dashboard-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'rules.yml')
  const asked = expressions.map(expression =>
    expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')
  )
  const rules = asked.map((expr, index) => ({ record: `question:${index}`, expr }))
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { status, output } = runPromtool(['check', 'rules', file])
  assert.equal(status, 0, output)
  assert.match(output, new RegExp(`SUCCESS: ${rules.length} rules found`))
})

test('every panel has a number and a place of its own, a title and a description', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of dashboard.panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x} ${y}`), title)
        taken.add(`${x} ${y}`)
      }
    }
  }
  for (const { title, description = '', targets = [] } of panels) {
    assert.ok(title.length > 0 && description.length > 0 && targets.length > 0, title)
  }
})

test('the rows are what an operator looks for', () => {
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  assert.deepEqual(rows, [
    'Overview',
    'Traffic',
    'Latency',
    'Errors and refusals',
    'Connections',
    'Queues and backpressure',
    'CASIL',
    'Webhooks, cron, store, telemetry',
    'Runtime'
  ])
})

test('every panel asks the data source that is provisioned, which is where the composition has Prometheus', () => {
  const source = readText('deploy/grafana/provisioning/datasources/prometheus.yml')
  const [, uid] = /^ {4}uid: (\w+)$/m.exec(source) ?? []
  for (const { targets = [] } of panels) for (const { datasource } of targets) assert.equal(datasource.uid, uid)
  assert.match(source, /^ {4}url: http:\/\/prometheus:9090$/m)
})

test('the dashboard is provisioned from where the composition mounts it, and is the first that is shown', () => {
  const [, path = ''] = /^ {6}path: (\S+)$/m.exec(readText('deploy/grafana/provisioning/dashboards/arqonbus.yml')) ?? []
  const composition = readText('docker-compose.yml')
  const [, folder = ''] = new RegExp(`- \\./(\\S+):${path}:ro$`, 'm').exec(composition) ?? []
  assert.ok(isThere(`${folder}/arqonbus.json`), folder)
  assert.match(composition, new RegExp(`GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: ${path}/arqonbus\\.json$`, 'm'))
})
