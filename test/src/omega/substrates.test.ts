import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import { type Substrate, Substrates } from '../../../src/omega/substrates.ts'

function substrateOf(id: string): Substrate {
  return {
    substrate_id: id,
    name: 'reservoir',
    kind: 'simulated',
    owner_client_id: 'arq_client_ada',
    metadata: {},
    created_at: '2026-01-01T00:00:00.000Z'
  }
}

test('as many substrates as may be are taken, the next is refused, and one fewer makes room', () => {
  const substrates = new Substrates(2)
  substrates.add(substrateOf('omega_a'))
  substrates.add(substrateOf('omega_b'))
  assert.throws(
    () => substrates.add(substrateOf('omega_c')),
    new BusError('VALIDATION_ERROR', { message: 'Tier-Omega substrate limit reached' })
  )
  assert.deepEqual([substrates.count, substrates.has('omega_c')], [2, false])
  substrates.remove('omega_a')
  substrates.add(substrateOf('omega_c'))
  assert.deepEqual(
    substrates.list().map(({ substrate_id }) => substrate_id),
    ['omega_b', 'omega_c']
  )
})

test('what is removed is given back once', () => {
  const substrates = new Substrates(2)
  substrates.add(substrateOf('omega_a'))
  assert.deepEqual(substrates.remove('omega_a'), substrateOf('omega_a'))
  assert.equal(substrates.remove('omega_a'), undefined)
})
