import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { metricRows } from '../../src/telemetry/metrics-table.ts'
import { rowsOf } from '../documents/markdown.ts'
import { readText } from '../documents/project.ts'
import { makeSources } from '../src/telemetry/sources.ts'
import { readMetrics } from '../support/metrics.ts'
import { metricKinds } from './metric-names.ts'

const listed = rowsOf(readText('docs/metrics.md')).filter(([first = '']) => first.startsWith('`arqonbus_'))

test('docs/metrics.md lists every metric of a server with its type, and no other', async t => {
  const kinds = await metricKinds(t)
  const shown = new Map(listed.map(([name = '', kind = '']) => [name.replaceAll('`', ''), kind]))
  assert.equal(shown.size, listed.length)
  assert.deepEqual([...shown].sort(), [...kinds].sort())
})

test('docs/metrics.md says of every metric what the metric says of itself', () => {
  const meanings = new Map(listed.map(([name = '', , , meaning]) => [name.replaceAll('`', ''), meaning]))
  for (const { name, help } of metricRows) assert.equal(meanings.get(`arqonbus_${name}`), help)
})

test('docs/metrics.md names the labels of every metric', async () => {
  const metrics = createMetrics(makeSources)
  metrics.observeRequest({ method: 'GET', status: 401, seconds: 1, code: 'AUTH_INVALID', isHandshake: true })
  const found = readMetrics(await metrics.text())
  for (const [name = '', , labels = ''] of listed) {
    const lines = found.get(name.replaceAll('`', ''))?.lines ?? []
    const labelsOf = lines.flatMap(line => [...line.matchAll(/[{,](\w+)="/g)].map(([, label]) => label))
    const own = new Set(labelsOf.filter(label => label !== 'le').map(label => `\`${label}\``))
    assert.equal(labels, [...own].join(', '), name)
  }
})
