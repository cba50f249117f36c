import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSystemClock, isoOf } from '../../src/clock.ts'
import { FakeClock } from '../support/clock.ts'

/** The system clock's timers do not keep the process alive, so a test that waits for one has to. */
async function whileAlive<T>(wait: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1_000)
  try {
    return await wait
  } finally {
    clearInterval(alive)
  }
}

function timersHoldingTheProcess(): number {
  return process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
}

test('a moment is written as RFC 3339 in UTC with milliseconds', () => {
  assert.equal(isoOf(0), '1970-01-01T00:00:00.000Z')
  assert.equal(isoOf(1_767_225_600_001), '2026-01-01T00:00:00.001Z')
})

test('the system clock tells the present, as a number and as text', () => {
  const clock = createSystemClock()
  const before = Date.now()
  const now = clock.now()
  const text = clock.iso()
  const after = Date.now()
  assert.ok(now >= before && now <= after)
  assert.ok(text >= isoOf(before) && text <= isoOf(after))
})

test('the text of the system clock follows its number', async () => {
  const clock = createSystemClock()
  const first = clock.iso()
  await whileAlive(new Promise<void>(resolve => void clock.after(5, resolve)))
  assert.ok(clock.iso() > first)
})

test('monotonic time never goes backwards', () => {
  const clock = createSystemClock()
  let last = clock.monotonic()
  for (let turn = 0; turn < 1_000; turn++) {
    const next = clock.monotonic()
    assert.ok(next >= last)
    last = next
  }
})

test('a repeating timer runs until it is cancelled', async () => {
  const clock = createSystemClock()
  let runs = 0
  await whileAlive(
    new Promise<void>(resolve => {
      const timer = clock.every(1, () => {
        if (++runs < 3) return
        timer.cancel()
        timer.cancel()
        clock.after(10, resolve)
      })
    })
  )
  assert.equal(runs, 3)
})

test('a cancelled timer does not run', async () => {
  const clock = createSystemClock()
  let runs = 0
  const timer = clock.after(1, () => runs++)
  timer.cancel()
  timer.cancel()
  await whileAlive(new Promise<void>(resolve => void clock.after(10, resolve)))
  assert.equal(runs, 0)
})

test('timers do not keep the process alive', () => {
  const clock = createSystemClock()
  const before = timersHoldingTheProcess()
  const timers = [clock.after(60_000, () => {}), clock.every(60_000, () => {})]
  assert.equal(timersHoldingTheProcess(), before)
  for (const timer of timers) timer.cancel()
})

test('the fake clock runs timers at their moment and in their order', () => {
  const clock = new FakeClock(1_000)
  const log: string[] = []
  clock.after(30, () => log.push(`once ${clock.now()}`))
  clock.every(20, () => log.push(`every ${clock.now()}`))
  clock.after(20, () => clock.after(5, () => log.push(`nested ${clock.now()}`)))
  clock.advance(45)
  assert.deepEqual(log, ['every 1020', 'nested 1025', 'once 1030', 'every 1040'])
  assert.equal(clock.now(), 1_045)
  assert.equal(clock.monotonic(), 45)
  assert.equal(clock.pending, 1)
})

test('the fake clock runs no cancelled timer', () => {
  const clock = new FakeClock()
  const log: string[] = []
  const second = clock.after(2, () => log.push('second'))
  clock.after(1, () => second.cancel())
  clock.advance(10)
  assert.deepEqual(log, [])
  assert.equal(clock.pending, 0)
})

test('a jump of the fake wall clock leaves timers and monotonic time alone', () => {
  const clock = new FakeClock(0)
  let runs = 0
  clock.after(10, () => runs++)
  clock.set(1_000_000)
  assert.equal(clock.iso(), isoOf(1_000_000))
  assert.equal(clock.monotonic(), 0)
  assert.equal(runs, 0)
  clock.advance(10)
  assert.equal(runs, 1)
  assert.equal(clock.now(), 1_000_010)
})
