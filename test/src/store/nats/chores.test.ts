import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Chores } from '../../../../src/store/nats/chores.ts'
import { FakeClock } from '../../../support/clock.ts'

function setUp() {
  const clock = new FakeClock()
  const chores = new Chores(clock)
  const done: string[] = []
  const note = (name: string) => async () => {
    done.push(name)
  }
  return { clock, chores, done, note }
}

test('each chore is done when it is due, and once', () => {
  const { clock, chores, done, note } = setUp()
  chores.set('b', 20, note('b'))
  chores.set('a', 10, note('a'))
  clock.advance(9)
  assert.deepEqual(done, [])
  clock.advance(1)
  assert.deepEqual(done, ['a'])
  clock.advance(100)
  assert.deepEqual(done, ['a', 'b'])
  assert.equal(chores.size, 0)
})

test('a chore takes the place of what was to be done under its name', () => {
  const { clock, chores, done, note } = setUp()
  chores.set('a', 10, note('early'))
  chores.set('a', 20, note('late'))
  clock.advance(100)
  assert.deepEqual(done, ['late'])
})

test('what is cancelled is not done', () => {
  const { clock, chores, done, note } = setUp()
  chores.set('a', 10, note('a'))
  chores.cancel('a')
  chores.cancel('b')
  assert.equal(clock.pending, 0)
  clock.advance(100)
  assert.deepEqual(done, [])
})

test('what fails is tried again until it is done', async () => {
  const { clock, chores, done } = setUp()
  chores.set('a', 10, async () => {
    done.push('a')
    if (done.length < 3) throw new Error('not yet')
  })
  for (let round = 0; round < 6; round++) {
    clock.advance(1000)
    await turn()
  }
  assert.equal(done.length, 3)
  assert.equal(clock.pending, 0)
})

test('what fails is not tried again when something else is to be done under its name', async () => {
  const { clock, chores, done, note } = setUp()
  chores.set('a', 10, async () => {
    chores.set('a', 5000, note('new'))
    throw new Error('no')
  })
  clock.advance(10)
  await turn()
  clock.advance(4999)
  assert.deepEqual(done, [])
  clock.advance(1)
  assert.deepEqual(done, ['new'])
})

test('32 chores run at a time, and the next begins when one ends', async () => {
  const { clock, chores, done } = setUp()
  let end: () => void = () => {}
  const first = new Promise<void>(resolve => {
    end = resolve
  })
  for (let at = 0; at < 33; at++) {
    chores.set(String(at), at, () => {
      done.push(String(at))
      return at === 0 ? first : new Promise(() => {})
    })
  }
  clock.advance(100)
  assert.equal(done.length, 32)
  end()
  await turn()
  clock.advance(1)
  assert.equal(done.length, 33)
})

test('nothing is done and nothing waits after the end', async () => {
  const { clock, chores, done, note } = setUp()
  chores.set('a', 10, note('a'))
  chores.set('b', 5, () => Promise.reject(new Error('no')))
  clock.advance(5)
  chores.close()
  chores.set('c', 5, note('c'))
  await turn()
  assert.equal(clock.pending, 0)
  clock.advance(5000)
  assert.deepEqual(done, [])
})
