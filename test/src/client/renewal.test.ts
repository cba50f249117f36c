import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiryOf, Renewal } from '../../../src/client/renewal.ts'
import { signToken } from '../../support/tokens.ts'
import { FakeRuntime } from './fake-runtime.ts'

function tokenFor(runtime: FakeRuntime, seconds: number): string {
  return signToken({ sub: 'ü?>~', exp: runtime.epoch() / 1000 + seconds })
}

function fail(): never {
  return assert.fail()
}

/** Lets promises that wait for each other go on. */
async function turn(): Promise<void> {
  for (let step = 0; step < 10; step++) await undefined
}

test('renews after four fifths of what is left, again and again', async () => {
  const runtime = new FakeRuntime()
  let count = 0
  const renew = async () => {
    count++
    return tokenFor(runtime, 100)
  }
  const renewal = new Renewal({ runtime, renew, onFailure: fail }, tokenFor(runtime, 50))
  runtime.clock.advance(39_999)
  assert.equal(count, 0)
  runtime.clock.advance(1)
  await turn()
  assert.equal(count, 1)
  runtime.clock.advance(79_999)
  assert.equal(count, 1)
  runtime.clock.advance(1)
  assert.equal(count, 2)
  renewal.stop()
})

test('tries again while there is time, and tells of each failure', async () => {
  const runtime = new FakeRuntime()
  const failures: unknown[] = []
  const renew = () => Promise.reject(new Error('no'))
  new Renewal({ runtime, renew, onFailure: error => failures.push(error) }, tokenFor(runtime, 10))
  for (let step = 0; step < 20; step++) {
    runtime.clock.advance(1_000)
    await turn()
  }
  assert.equal(failures.length, 2)
  assert.equal(runtime.clock.pending, 0)
})

test('plans nothing once it is stopped, also while a token is on its way', async () => {
  const runtime = new FakeRuntime()
  const renewal = new Renewal(
    { runtime, renew: async () => tokenFor(runtime, 100), onFailure: fail },
    tokenFor(runtime, 10)
  )
  runtime.clock.advance(8_000)
  renewal.stop()
  await turn()
  assert.equal(runtime.clock.pending, 0)
})

for (const token of ['', 'a.b', 'no token', signToken({ sub: 'x' }), signToken({ exp: 'soon' })]) {
  test(`finds no end in ${JSON.stringify(token.slice(0, 20))}`, () => {
    const runtime = new FakeRuntime()
    assert.equal(expiryOf(token), undefined)
    new Renewal({ runtime, renew: fail, onFailure: fail }, token)
    assert.equal(runtime.clock.pending, 0)
  })
}
