import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createEngine } from '../../../../src/casil/engine.ts'
import { compilePolicy, defaultPolicy } from '../../../../src/casil/policy.ts'
import { secretRules } from '../../../../src/casil/rules/index.ts'
import { type CorpusLine, readCorpus } from '../../../fixtures/casil/corpus.mjs'

const generator = fileURLToPath(new URL('../../../fixtures/casil/generate.mjs', import.meta.url))
const positives = readCorpus('positives')
const negatives = readCorpus('negatives')

const engine = createEngine(
  compilePolicy({ ...defaultPolicy, enabled: true, redaction_paths: [], secret_rules: true }, secretRules)
)
const ruleNames = new Set(secretRules.map(rule => rule.name))

/** The rules of the table that fire on a payload as it would be inspected. */
function firingOn(payload: CorpusLine['payload']): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(payload))
  const { fired } = engine.inspect({ room: 'demo', channel: 'chat', kind: 'data', payload, bytes })
  return fired.filter(name => ruleNames.has(name))
}

function describeLines(lines: readonly CorpusLine[]): string {
  return lines.map(line => `${line.rule ?? ''} ${line.kind} ${JSON.stringify(line.payload).slice(0, 200)}`).join('\n')
}

test('the corpus is what its generator writes', () => {
  const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('the corpus has at least 400 different secrets and 2,000 different harmless payloads', () => {
  const distinct = (lines: readonly CorpusLine[]): number =>
    new Set(lines.map(line => JSON.stringify(line.payload))).size
  assert.ok(distinct(positives) >= 400)
  assert.ok(distinct(negatives) >= 2000)
  assert.ok(positives.every(line => line.label === 'secret'))
  assert.ok(negatives.every(line => line.label === 'harmless'))
})

test('every rule has at least five secrets in the corpus, in different contexts', () => {
  for (const { name } of secretRules) {
    const kinds = positives.filter(line => line.rule === name).map(line => line.kind)
    assert.ok(kinds.length >= 5, name)
    assert.ok(new Set(kinds).size >= 5, name)
  }
})

test('the table finds at least 98 % of the secrets, and names the right rule for each it finds', () => {
  const found = positives.map(line => ({ line, names: firingOn(line.payload) }))
  const missed = found.filter(({ names }) => names.length === 0).map(({ line }) => line)
  assert.ok(missed.length <= 0.02 * positives.length, describeLines(missed))
  const misnamed = found.filter(({ line, names }) => names.length > 0 && !names.includes(line.rule ?? ''))
  assert.deepEqual(misnamed, [])
})

test('the table fires on at most 0.5 % of the harmless payloads', () => {
  const wrong = negatives.filter(line => firingOn(line.payload).length > 0)
  assert.ok(wrong.length <= 0.005 * negatives.length, describeLines(wrong))
})
