import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusClientError } from '../../../src/client/error.ts'
import { ItemStream } from '../../../src/client/stream.ts'

test('hands items to readers that wait, each one once', async () => {
  const stream = new ItemStream<number>(1, () => {})
  const reads = [stream.next(), stream.next()]
  stream.push(1)
  stream.push(2)
  assert.deepEqual(await Promise.all(reads), [
    { done: false, value: 1 },
    { done: false, value: 2 }
  ])
})

test('ends readers that wait, the first one with the error', async () => {
  const stream = new ItemStream<number>(1, () => {})
  const reads = Promise.allSettled([stream.next(), stream.next()])
  stream.end(new BusClientError('CLOSED', 'gone'))
  const [first, second] = await reads
  assert.equal(first.status, 'rejected')
  assert.deepEqual(second, { status: 'fulfilled', value: { done: true, value: undefined } })
})

test('releases its source once, when a loop is left', async () => {
  let releases = 0
  const stream = new ItemStream<number>(10, () => releases++)
  stream.push(1)
  stream.push(2)
  for await (const item of stream) {
    assert.equal(item, 1)
    break
  }
  stream.push(3)
  stream.end()
  assert.equal(releases, 1)
  assert.deepEqual(await stream.next(), { done: true, value: undefined })
})

test('reads an unbroken run from the first item on, whatever overflows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('push', 'read'), { maxLength: 60 }),
      async (bound, steps) => {
        const stream = new ItemStream<number>(bound, () => {})
        const reads: Promise<IteratorResult<number, undefined>>[] = []
        let pushed = 0
        for (const step of steps) {
          if (step === 'push') stream.push(++pushed)
          else reads.push(stream.next())
        }
        stream.end()
        const settled = await Promise.allSettled(reads)
        const items = settled.flatMap(read =>
          read.status === 'fulfilled' && !read.value.done ? [read.value.value] : []
        )
        assert.deepEqual(
          items,
          items.map((_, index) => index + 1)
        )
        const rest: number[] = []
        let isOverflown = settled.some(read => read.status === 'rejected')
        try {
          for await (const item of stream) rest.push(item)
        } catch {
          isOverflown = true
        }
        assert(rest.length <= bound)
        assert.deepEqual(
          rest,
          rest.map((_, index) => items.length + index + 1)
        )
        assert.equal(items.length + rest.length === pushed, !isOverflown)
      }
    )
  )
})
