import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Tail } from '../../../../src/broker/nats/tail.ts'
import { Retention, sizeOf } from '../../../../src/broker/retention.ts'
import { makeMessage, makePublication } from '../../../support/messages.ts'

const message = makeMessage({ payload: '{"a":1}' })
const limits = { maxCount: 5, maxBytes: 1_000_000 }

function makeTail(changes: Partial<typeof limits> = {}, retention = new Retention(1_000_000, 60_000)): Tail {
  return new Tail(message, { ...limits, ...changes }, retention)
}

function fill(tail: Tail, sequences: readonly number[], epoch = 'e'): void {
  for (const sequence of sequences) tail.push(makePublication(message, { sequence, epoch }), 0)
}

function since(tail: Tail, sequence: number, limit = 100, epoch = 'e'): number[] | undefined {
  return tail.since({ sequence, epoch }, limit)?.map(publication => publication.sequence)
}

test('exactly the positions from the base on are known, whatever numbers are left out', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 50 }), (gaps, asked) => {
      const tail = makeTail()
      tail.reset({ sequence: 2, epoch: 'e' })
      let last = 2
      const known = [2, ...gaps.map(gap => (last += gap))]
      fill(tail, known.slice(1))
      const held = known.slice(-limits.maxCount - 1)
      const expected = held.includes(asked) ? held.filter(sequence => sequence > asked) : undefined
      assert.deepEqual(since(tail, asked), expected)
      assert.deepEqual(tail.end, { sequence: last, epoch: 'e' })
    })
  )
})

test('another epoch is not known, and neither is anything before something is', () => {
  const tail = makeTail()
  assert.equal(since(tail, 0, 100, ''), undefined)
  tail.reset({ sequence: 0, epoch: 'e' })
  fill(tail, [4, 7])
  assert.equal(since(tail, 4, 100, 'f'), undefined)
  assert.equal(since(tail, 0, 100, 'f'), undefined)
  assert.deepEqual(since(tail, 0), [4, 7])
})

test('as many messages as the limit are told, one more are not', () => {
  const tail = makeTail()
  tail.reset({ sequence: 0, epoch: 'e' })
  fill(tail, [1, 2, 3])
  assert.deepEqual(since(tail, 0, 3), [1, 2, 3])
  assert.equal(since(tail, 0, 2), undefined)
})

test('what is told is the message as it was', () => {
  const tail = makeTail()
  tail.reset({ sequence: 0, epoch: 'e' })
  const publication = makePublication(message, { sequence: 3, epoch: 'e' })
  tail.push(publication, 0)
  const [told] = tail.since({ sequence: 0, epoch: 'e' }, 10) ?? []
  assert.deepEqual(told?.frame, publication.frame)
  assert.deepEqual(told?.message, { ...message, publisher: message.sender, hasClientId: false })
})

test('the oldest go when the channel has too many bytes, or the process has', () => {
  const one = sizeOf(makePublication(message, { sequence: 1, epoch: 'e' }).frame)
  const small = makeTail({ maxBytes: one * 2 })
  const retention = new Retention(one * 3, 60_000)
  const shared = makeTail({}, retention)
  for (const tail of [small, shared]) {
    tail.reset({ sequence: 0, epoch: 'e' })
    fill(tail, [1, 2, 3, 4, 5])
  }
  assert.deepEqual([since(small, 2), since(small, 3)], [undefined, [4, 5]])
  assert.deepEqual([since(shared, 1), since(shared, 2)], [undefined, [3, 4, 5]])
})

test('a tail that starts anew holds nothing', () => {
  const retention = new Retention(1_000_000, 60_000)
  const tail = makeTail({}, retention)
  tail.reset({ sequence: 0, epoch: 'e' })
  fill(tail, [1, 2])
  tail.reset({ sequence: 2, epoch: 'f' })
  assert.deepEqual([retention.count, retention.bytes], [0, 0])
  assert.deepEqual(since(tail, 2, 10, 'f'), [])
  assert.equal(since(tail, 1), undefined)
})

test('what is put in front is known from its beginning on, as far as there is room, and only where the tail still begins there', () => {
  const publication = (sequence: number) => makePublication(message, { sequence, epoch: 'e' })
  const tail = makeTail()
  const from = { sequence: 6, epoch: 'e' }
  tail.reset(from)
  fill(tail, [8, 9])
  tail.extend(from, { sequence: 3, epoch: 'e' }, [publication(5), publication(6)], 0)
  assert.deepEqual([since(tail, 3), since(tail, 5), since(tail, 8)], [[5, 6, 8, 9], [6, 8, 9], [9]])
  assert.deepEqual(
    [tail.base, tail.end],
    [
      { sequence: 3, epoch: 'e' },
      { sequence: 9, epoch: 'e' }
    ]
  )
  tail.extend(from, { sequence: 1, epoch: 'e' }, [publication(2), publication(6)], 0)
  tail.extend({ sequence: 3, epoch: 'f' }, { sequence: 1, epoch: 'f' }, [publication(2)], 0)
  assert.equal(since(tail, 1), undefined)
  tail.extend({ sequence: 3, epoch: 'e' }, { sequence: 0, epoch: 'e' }, [publication(2), publication(3)], 0)
  assert.deepEqual([since(tail, 0), since(tail, 2)], [undefined, [3, 5, 6, 8, 9]])
})

test('a tail without a message of its own is extended too, and ends where it did', () => {
  const tail = makeTail()
  const from = { sequence: 6, epoch: 'e' }
  tail.reset(from)
  tail.extend(from, { sequence: 0, epoch: 'e' }, [makePublication(message, { sequence: 6, epoch: 'e' })], 0)
  assert.deepEqual([since(tail, 0), since(tail, 6), tail.end], [[6], [], from])
})
