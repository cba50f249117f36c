import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPolicy, mergePolicy, type Policy, PolicySchema, PublicPolicySchema } from '../../src/casil/policy.ts'
import { compileTargets } from '../../src/casil/scope.ts'
import type { Verdict } from '../../src/casil/verdict.ts'
import { splitAddress } from '../../src/protocol/address.ts'
import { blocksOf, rowsOf } from '../documents/markdown.ts'
import { readText } from '../documents/project.ts'
import { setGate } from '../support/gate.ts'

const text = readText('docs/casil.md')

/** A policy, and payloads with what is said to come of each under it. */
interface Recipe {
  readonly address: string
  readonly changes: object
  readonly steps: { readonly words: readonly string[]; readonly payload: object }[]
}

const recipes: Recipe[] = []
for (const { language, words, text: json } of blocksOf(text)) {
  if (language !== 'json') continue
  if (words[0] === 'policy') recipes.push({ address: words[1] ?? '', changes: JSON.parse(json), steps: [] })
  else recipes.at(-1)?.steps.push({ words, payload: JSON.parse(json) })
}

function bare(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '')
}

test('docs/casil.md has every key of the policy, with its variable and its default', () => {
  const rows = rowsOf(text).filter(([, variable]) => bare(variable).startsWith('ARQONBUS_CASIL_'))
  assert.deepEqual(
    rows.map(([key, variable, value]) => [key, variable, value].map(bare)),
    Object.keys(PolicySchema.properties).map(key => [
      key,
      `ARQONBUS_CASIL_${key.toUpperCase()}`,
      JSON.stringify(defaultPolicy[key as keyof Policy])
    ])
  )
  const own = Object.keys(PolicySchema.properties).filter(key => !Object.hasOwn(PublicPolicySchema.properties, key))
  assert.deepEqual(
    own,
    rows.slice(-2).map(([key]) => bare(key))
  )
})

test('docs/casil.md says of scopes what they do', () => {
  const rows = rowsOf(text).filter(row => row.slice(1).every(cell => /^(yes|no)$/.test(cell)))
  assert.equal(rows.length, 5)
  for (const [pattern, ...cells] of rows) {
    const matches = compileTargets([bare(pattern)])
    const fits = ['secure-vault:ops', 'secure-vault', 'insecure:ops'].map(target => (matches(target) ? 'yes' : 'no'))
    assert.deepEqual(fits, cells, pattern)
  }
})

test('docs/casil.md has recipes', () => assert.equal(recipes.length, 3))

for (const { address, changes, steps } of recipes) {
  test(`docs/casil.md: the recipe for ${address} does what it says`, t => {
    const { gate } = setGate(t, mergePolicy({ ...defaultPolicy, secret_rules: true }, changes))
    const { room, channel = '' } = splitAddress(address)
    let verdict: Verdict | undefined
    let sent: object = {}
    for (const { words, payload } of steps) {
      if (words[0] === 'delivered') assert.deepEqual(verdict?.transport ?? sent, payload)
      else {
        sent = payload
        verdict = gate.judge({
          room,
          channel,
          kind: 'data',
          payload: JSON.parse(JSON.stringify(payload)),
          text: undefined
        })
        if (words[0] === 'blocked') assert.deepEqual([verdict.decision, verdict.reason], ['BLOCK', words[1]])
        else assert.notEqual(verdict.decision, 'BLOCK')
      }
    }
    assert.ok(steps.length > 1)
  })
}
