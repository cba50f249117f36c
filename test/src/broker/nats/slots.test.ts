import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Slots } from '../../../../src/broker/nats/slots.ts'

test('so many work at a time, so many wait, and one more is refused', async () => {
  const slots = new Slots(2, 3)
  const ends: (() => void)[] = []
  const work = (): Promise<void> => slots.run(() => new Promise<void>(resolve => ends.push(resolve)))
  const all = Array.from({ length: 5 }, work)
  assert.equal(ends.length, 2)
  await assert.rejects(work, { code: 'ENGINE_UNAVAILABLE' })
  for (let turn = 0; turn < 5; turn++) {
    ends[turn]?.()
    await nextTurn()
    assert.equal(ends.length, Math.min(5, turn + 3))
  }
  await Promise.all(all)
})

test('work that fails gives its place back', async () => {
  const slots = new Slots(1, 1)
  for (let turn = 0; turn < 3; turn++)
    await assert.rejects(
      slots.run(() => Promise.reject(new Error('no'))),
      { message: 'no' }
    )
  assert.equal(await slots.run(async () => 7), 7)
})
