import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Stored } from '../../../src/broker/broker.ts'
import { createMemoryBroker } from '../../../src/broker/memory.ts'
import { createIds } from '../../../src/ids.ts'
import type { Stamped } from '../../../src/protocol/message.ts'
import { FakeClock } from '../../support/clock.ts'
import { makeMessage, sizeInHistory } from '../../support/messages.ts'
import { RecordingSink } from '../../support/sink.ts'

const SIZE_BYTES = sizeInHistory(makeMessage())
const limits = {
  historyCount: 4,
  historyBytesPerChannel: SIZE_BYTES * 3 + 60,
  historyAgeMs: 3_000,
  historyTotalBytes: SIZE_BYTES * 7,
  duplicateWindowMs: 2_500,
  duplicateWindowIds: 3,
  duplicateWindowTotalIds: 7
}

interface Held {
  readonly message: Stamped
  readonly sequence: number
  readonly storedMs: number
}

/** The bounds as sentences over one plain list of everything that is held, oldest first. */
class Model {
  held: Held[] = []
  seen: {
    readonly key: string
    readonly id: string
    readonly sequence: number
    readonly seenMs: number
    readonly turn: number
  }[] = []
  turns = 0
  readonly ends = new Map<string, number>()

  of(key: string): Held[] {
    return this.held.filter(({ message }) => message.key === key)
  }

  publish(message: Stamped, nowMs: number): { sequence: number; duplicate: boolean } {
    const { key, id } = message
    const recent = this.seen.filter(
      seen =>
        seen.key === key &&
        nowMs - seen.seenMs <= limits.duplicateWindowMs &&
        this.turns - seen.turn < limits.duplicateWindowTotalIds
    )
    const first = recent.slice(-limits.duplicateWindowIds).find(seen => seen.id === id)
    if (message.hasClientId && first !== undefined) return { sequence: first.sequence, duplicate: true }
    const sequence = (this.ends.get(key) ?? 0) + 1
    this.ends.set(key, sequence)
    if (message.hasClientId) this.seen.push({ key, id, sequence, seenMs: nowMs, turn: ++this.turns })
    this.held.push({ message, sequence, storedMs: nowMs })
    while (this.of(key).length > limits.historyCount) this.#drop(this.of(key)[0])
    while (this.of(key).length > 1 && bytesOf(this.of(key)) > limits.historyBytesPerChannel) this.#drop(this.of(key)[0])
    while (bytesOf(this.held) > limits.historyTotalBytes) this.#drop(this.held[0])
    return { sequence, duplicate: false }
  }

  expire(nowMs: number): void {
    this.held = this.held.filter(({ storedMs }) => nowMs - storedMs <= limits.historyAgeMs)
  }

  forget(key: string): void {
    this.held = this.held.filter(({ message }) => message.key !== key)
    this.seen = this.seen.filter(seen => seen.key !== key)
    this.ends.delete(key)
  }

  #drop(gone: Held | undefined): void {
    this.held = this.held.filter(one => one !== gone)
  }
}

function bytesOf(held: readonly Held[]): number {
  return held.reduce((sum, { message, sequence }) => sum + sizeInHistory(message, sequence), 0)
}

const channel = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      channel,
      id: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      text: fc.integer({ min: 0, max: 100 })
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 2_500 }) })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), channel }) }
)

test('the memory broker holds, finds again and recovers what its bounds say, under any use', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async steps => {
      const clock = new FakeClock()
      const broker = createMemoryBroker({ clock, ids: createIds(clock, randomBytes), limits })
      const sink = new RecordingSink()
      const model = new Model()
      await broker.open(sink)
      for (const name of ['a', 'b', 'c']) await broker.subscribe(keyOf(name))
      let delivered = 0
      for (const taken of steps) {
        if (taken.kind === 'advance') clock.advance(taken.ms)
        else if (taken.kind === 'forget') {
          await broker.forget(keyOf(taken.channel))
          model.forget(keyOf(taken.channel))
        } else {
          const payload = JSON.stringify({ text: 'x'.repeat(taken.text) })
          const id = taken.id === undefined ? {} : { id: `arq_${taken.id}` }
          const message = makeMessage({ channel: taken.channel, payload, ...id })
          const expected = model.publish(message, clock.monotonic())
          const stored: (Stored | undefined)[] = []
          broker.publish(message, (_, position) => stored.push(position))
          assert.equal(stored.length, 1)
          assert.equal(stored[0]?.sequence, expected.sequence)
          assert.equal(stored[0].duplicate, expected.duplicate)
          if (!expected.duplicate) delivered++
          assert.equal(sink.publications.length, delivered)
        }
        model.expire(clock.monotonic())
        for (const name of ['a', 'b', 'c']) {
          const key = keyOf(name)
          const expected = model.of(key)
          const page = await broker.read(key, { limit: 100, keep: 'oldest' })
          assert.deepEqual(
            page.publications.map(({ sequence }) => sequence),
            expected.map(({ sequence }) => sequence)
          )
          assert.deepEqual(
            page.publications.map(({ message }) => message),
            expected.map(({ message }) => ({ ...message, hasClientId: false, publisher: message.sender }))
          )
          const end = model.ends.get(key) ?? 0
          assert.equal(page.position.sequence, end)
          for (let sequence = 0; sequence <= end + 1; sequence++) {
            const { recovered, missed } = await broker.recover(key, { sequence, epoch: page.position.epoch }, 100)
            assert.equal(recovered, sequence <= end && sequence >= end - expected.length)
            assert.equal(missed.length, recovered ? end - sequence : 0)
          }
        }
        assert.deepEqual(broker.stats(), { channels: 3, messages: model.held.length, bytes: bytesOf(model.held) })
      }
      await broker.close()
    })
  )
})

function keyOf(name: string): string {
  return makeMessage({ channel: name }).key
}
