import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../../../src/store/nats/turns.ts'

/** Work that ends when it is told to. */
function hold<T>() {
  let end: (outcome: T) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const outcome = new Promise<T>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  return { work: () => outcome, end, fail }
}

test('work under one name is done one after the other, that under another at once', async () => {
  const turns = new Turns(10)
  const began: string[] = []
  const first = hold<string>()
  const note = (text: string) => async () => {
    began.push(text)
    return text
  }
  const one = turns.run('a', first.work)
  const two = turns.run('a', note('a2'))
  assert.equal(await turns.run('b', note('b1')), 'b1')
  assert.deepEqual(began, ['b1'])
  first.end('a1')
  assert.deepEqual(await Promise.all([one, two]), ['a1', 'a2'])
})

test('what fails does not keep the next from its turn', async () => {
  const turns = new Turns(10)
  const first = hold<string>()
  const one = turns.run('a', first.work)
  const two = turns.run('a', async () => 'done')
  first.fail(new Error('no'))
  await assert.rejects(one, /no/)
  assert.equal(await two, 'done')
})

test('beyond the bound all is refused with ENGINE_UNAVAILABLE, and what ends makes room', async () => {
  const turns = new Turns(2)
  const [first, second] = [hold<number>(), hold<number>()]
  const running = [turns.run('a', first.work), turns.run('b', second.work)]
  assert.throws(() => turns.run('a', async () => 3), { code: 'ENGINE_UNAVAILABLE' })
  first.end(1)
  await running[0]
  assert.equal(await turns.run('c', async () => 3), 3)
  second.end(2)
  await running[1]
})

test('nothing is left when all is done', async () => {
  const turns = new Turns(10)
  await Promise.allSettled([turns.run('a', async () => 1), turns.run('a', () => Promise.reject(new Error('no')))])
  assert.equal(turns.size, 0)
})
