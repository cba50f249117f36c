import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { Inbox } from '../../../src/bus/inbox.ts'
import { TokenBucket, type TokenRate } from '../../../src/structures/token-bucket.ts'
import { FakeClock } from '../../support/clock.ts'

const ABUSE_MS = 10_000

/** An inbox with its surroundings written down. */
class Stage {
  readonly clock = new FakeClock()
  readonly handled: string[] = []
  readonly refused: string[] = []
  readonly inbox: Inbox
  isPaused = false
  pauseCount = 0
  abusedCount = 0
  /** Work that a frame starts; none unless a test wants it. */
  work: (text: string) => void | Promise<void> = () => {}

  constructor(rate: TokenRate = { ratePerSecond: 1000, burst: 2000 }) {
    this.inbox = new Inbox({
      clock: this.clock,
      bucket: new TokenBucket(rate, 0),
      restTokens: Math.min(rate.ratePerSecond, rate.burst),
      abuseMs: ABUSE_MS,
      handle: text => {
        this.handled.push(text)
        return this.work(text)
      },
      refuse: text => this.refused.push(text),
      abused: () => this.abusedCount++,
      pause: () => {
        this.isPaused = true
        this.pauseCount++
      },
      resume: () => {
        this.isPaused = false
      }
    })
  }

  receive(count: number, first = 0): void {
    for (let n = first; n < first + count; n++) this.inbox.receive(`${n}`)
  }

  /** A peer that sends as much as is read, for so long: what waits is never empty. */
  flood(ms: number, stepMs = 100): void {
    for (let passed = 0; passed < ms && this.abusedCount === 0; passed += stepMs) {
      if (!this.isPaused) this.receive(this.clock.monotonic() === 0 ? 100 : 40)
      this.clock.advance(stepMs)
    }
  }
}

/** A promise that a test settles. */
function makeWork(): { readonly promise: Promise<void>; finish(): void } {
  let finish = (): void => {}
  const promise = new Promise<void>(resolve => {
    finish = resolve
  })
  return { promise, finish: () => finish() }
}

test('frames are worked on at once and in order', () => {
  const stage = new Stage()
  stage.receive(3)
  assert.deepEqual(stage.handled, ['0', '1', '2'])
  assert.equal(stage.inbox.isIdle, true)
})

test('frames wait for slow work and keep their order, whatever takes how long', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('quick', 'slow'), { maxLength: 30 }),
      fc.infiniteStream(fc.nat(3)),
      async (kinds, order) => {
        const stage = new Stage()
        const open: (() => void)[] = []
        stage.work = text => {
          if (kinds[Number(text)] !== 'slow') return undefined
          assert.equal(open.length, 0, 'two frames were worked on at a time')
          const { promise, finish } = makeWork()
          open.push(finish)
          return promise
        }
        for (let n = 0; n < kinds.length; n++) {
          stage.receive(1, n)
          if (order.next().value === 0) {
            open.shift()?.()
            await nextTurn()
          }
        }
        while (!stage.inbox.isIdle) {
          open.shift()?.()
          await nextTurn()
        }
        assert.deepEqual(
          stage.handled,
          kinds.map((_, n) => `${n}`)
        )
        assert.equal(stage.isPaused, false)
      }
    )
  )
})

test('reading is paused while a frame waits for slow work, and not while none does', async () => {
  const stage = new Stage()
  const { promise, finish } = makeWork()
  stage.work = () => promise
  stage.receive(1)
  assert.deepEqual([stage.isPaused, stage.inbox.isPaused, stage.inbox.isIdle], [false, false, false])
  stage.receive(1, 1)
  assert.deepEqual([stage.isPaused, stage.inbox.isPaused], [true, true])
  stage.work = () => {}
  finish()
  await nextTurn()
  assert.deepEqual(stage.handled, ['0', '1'])
  assert.deepEqual([stage.isPaused, stage.inbox.isPaused, stage.inbox.isIdle], [false, false, true])
})

test('work from elsewhere holds frames back as well', async () => {
  const stage = new Stage()
  const { promise, finish } = makeWork()
  stage.inbox.busyWith(promise)
  stage.receive(2)
  assert.deepEqual(stage.handled, [])
  finish()
  await nextTurn()
  assert.deepEqual(stage.handled, ['0', '1'])
})

test('a burst of as many frames as may come at once is never paused', () => {
  const stage = new Stage()
  stage.receive(2000)
  assert.equal(stage.pauseCount, 0)
  assert.equal(stage.handled.length, 2000)
  stage.receive(1, 2000)
  assert.equal(stage.pauseCount, 1)
})

test('a steady stream at the rate is never paused', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 10 })
  for (let n = 0; n < 500; n++) {
    stage.receive(1, n)
    stage.clock.advance(10)
  }
  assert.equal(stage.pauseCount, 0)
})

test('frames over the burst are worked on at the rate, in order, and reading goes on when none waits', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 10 })
  stage.receive(30)
  assert.equal(stage.handled.length, 10)
  stage.clock.advance(100)
  assert.equal(stage.handled.length, 20)
  assert.equal(stage.isPaused, true)
  stage.clock.advance(100)
  assert.deepEqual(
    stage.handled,
    Array.from({ length: 30 }, (_, n) => `${n}`)
  )
  assert.equal(stage.isPaused, false)
  assert.equal(stage.clock.pending, 0)
})

test('a frame does not overtake one that waits, although there is a token for it', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 1 })
  const monotonic = stage.clock.monotonic.bind(stage.clock)
  stage.receive(2)
  stage.clock.monotonic = () => monotonic() + 1000
  stage.receive(1, 2)
  assert.deepEqual(stage.handled, ['0'])
  stage.clock.advance(20)
  assert.deepEqual(stage.handled, ['0', '1', '2'])
})

test('a bucket that was emptied and has had a rest starts the count anew', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 100 })
  for (let round = 0; round < 5; round++) {
    stage.receive(101, round * 101)
    stage.clock.advance(6_000)
  }
  assert.deepEqual([stage.refused.length, stage.abusedCount], [0, 0])
})

test('sustained overload is refused once after the time allowed, and is too much after twice that', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 100 })
  stage.flood(ABUSE_MS)
  assert.deepEqual([stage.refused.length, stage.abusedCount], [0, 0])
  stage.flood(500)
  assert.deepEqual([stage.refused.length, stage.abusedCount], [1, 0])
  stage.flood(ABUSE_MS - 1000)
  assert.deepEqual([stage.refused.length, stage.abusedCount], [1, 0])
  stage.flood(1500)
  assert.deepEqual([stage.refused.length, stage.abusedCount], [1, 1])
})

test('a frame is either worked on or refused, also under sustained overload', () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 100 })
  let sent = 0
  for (; stage.refused.length === 0; stage.clock.advance(100)) {
    if (stage.isPaused) continue
    stage.receive(130, sent)
    sent += 130
  }
  stage.clock.advance(5000)
  assert.equal(stage.inbox.isIdle, true)
  const texts = Array.from({ length: sent }, (_, n) => `${n}`)
  assert.deepEqual(
    texts.filter(text => !stage.refused.includes(text)),
    stage.handled
  )
})

test('slow work after a short burst does not count as overload', async () => {
  const stage = new Stage({ ratePerSecond: 100, burst: 100 })
  stage.receive(101)
  stage.clock.advance(100)
  const { promise, finish } = makeWork()
  stage.work = () => promise
  stage.receive(2, 101)
  stage.work = () => {}
  stage.clock.advance(3 * ABUSE_MS)
  finish()
  await nextTurn()
  assert.deepEqual([stage.handled.length, stage.refused.length, stage.abusedCount], [103, 0, 0])
})

test('after hurry everything that waits is worked on at once, and what comes after it too', () => {
  const stage = new Stage({ ratePerSecond: 10, burst: 10 })
  stage.receive(50)
  assert.equal(stage.handled.length, 10)
  stage.inbox.hurry()
  assert.equal(stage.handled.length, 50)
  stage.receive(20, 50)
  assert.equal(stage.handled.length, 70)
  assert.equal(stage.clock.pending, 0)
})

test('hurry does not overtake slow work', async () => {
  const stage = new Stage()
  const { promise, finish } = makeWork()
  stage.work = text => (text === '0' ? promise : undefined)
  stage.receive(3)
  stage.inbox.hurry()
  assert.deepEqual(stage.handled, ['0'])
  assert.equal(stage.inbox.isIdle, false)
  finish()
  await nextTurn()
  assert.deepEqual(stage.handled, ['0', '1', '2'])
  assert.equal(stage.inbox.isIdle, true)
})

test('after hurry reading is not taken up again', async () => {
  const paced = new Stage({ ratePerSecond: 10, burst: 10 })
  paced.receive(11)
  paced.inbox.hurry()
  assert.equal(paced.isPaused, true)

  const slow = new Stage()
  const { promise, finish } = makeWork()
  slow.work = text => (text === '0' ? promise : undefined)
  slow.receive(2)
  slow.inbox.hurry()
  finish()
  await nextTurn()
  assert.deepEqual([slow.handled.length, slow.isPaused], [2, true])
})

test('a closed inbox forgets what waits and leaves no timer', async () => {
  const stage = new Stage({ ratePerSecond: 10, burst: 10 })
  const { promise, finish } = makeWork()
  stage.receive(20)
  stage.inbox.close()
  assert.equal(stage.clock.pending, 0)
  stage.clock.advance(60_000)
  stage.inbox.busyWith(promise)
  finish()
  await nextTurn()
  assert.equal(stage.handled.length, 10)
})
