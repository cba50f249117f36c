import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anchorsOf, rowsOf } from '../documents/markdown.ts'
import { readText } from '../documents/project.ts'
import { runPromtool } from '../support/prometheus.ts'
import { metricKinds, namesIn } from './metric-names.ts'

const rules = readText('deploy/prometheus/alerts.yml')

interface Alert {
  readonly name: string
  readonly expression: string
  readonly delay: string
  readonly severity: string
  readonly annotations: Readonly<Record<string, string>>
}

const alerts = rules
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map(readAlert)

function readAlert(text: string): Alert {
  const [, annotations = ''] = /^ {8}annotations:\n((?: {10}.+\n)+)/m.exec(text) ?? []
  return {
    name: text.slice(0, text.indexOf('\n')),
    expression: /^ {10}(\S.*)$/m.exec(text)?.[1] ?? '',
    delay: /^ {8}for: (\w+)$/m.exec(text)?.[1] ?? '',
    severity: /^ {10}severity: (\w+)$/m.exec(text)?.[1] ?? '',
    annotations: Object.fromEntries(
      [...annotations.matchAll(/^ {10}(\w+): "(.*)"$/gm)].map(([, key, value]) => [key, value])
    )
  }
}

for (const args of [
  ['check', 'config', 'deploy/prometheus/prometheus.yml'],
  ['check', 'rules', '--lint-fatal', 'deploy/prometheus/alerts.yml'],
  ['test', 'rules', 'deploy/prometheus/alerts.test.yml']
]) {
  test(`promtool ${args.join(' ')} succeeds`, () => {
    const { status, output } = runPromtool(args)
    assert.equal(status, 0, output)
    assert.match(output, /SUCCESS/)
  })
}

test('every alert has a name of its own, a severity, a delay, a summary and a description', () => {
  assert.ok(alerts.length >= 20)
  assert.equal(new Set(alerts.map(({ name }) => name)).size, alerts.length)
  for (const { name, expression, delay, severity, annotations } of alerts) {
    assert.match(name, /^ArqonBus[A-Z]\w+$/)
    assert.notEqual(expression, '', name)
    assert.match(delay, /^(0m|30s|\d+m)$/, name)
    assert.ok(['warning', 'critical'].includes(severity), name)
    assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook'], name)
    assert.ok(
      Object.values(annotations).every(text => text.length > 10),
      name
    )
  }
})

test('every alert has a place in the runbook', () => {
  const anchors = anchorsOf(readText('docs/operations.md'))
  for (const { name, annotations } of alerts) {
    assert.equal(annotations.runbook, `docs/operations.md#alert-${name.toLowerCase()}`)
    assert.ok(anchors.has(`alert-${name.toLowerCase()}`), name)
  }
})

test('docs/metrics.md lists every alert with its severity and delay, and no other', () => {
  const listed = rowsOf(readText('docs/metrics.md')).filter(([first = '']) => first.startsWith('`ArqonBus'))
  const expected = alerts.map(({ name, severity, delay }) => [`\`${name}\``, severity, delay])
  assert.deepEqual(listed, expected)
})

test('every metric that an alert or its test names is one of the server', async t => {
  const kinds = await metricKinds(t)
  const names = namesIn(rules + readText('deploy/prometheus/alerts.test.yml'))
  assert.ok(names.size > 15)
  for (const name of names) assert.ok(kinds.has(name), name)
})
