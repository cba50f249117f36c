import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calendarSchedule, elapsingSchedule } from '../../../src/cron/schedule.ts'

test('without an interval there is one due time', () => {
  const schedule = elapsingSchedule(500, undefined)
  assert.equal(schedule.next(0), 500)
  assert.equal(schedule.next(499.9), 500)
  assert.equal(schedule.next(500), undefined)
})

test('with an interval the due times come from the first one, however late it is asked', () => {
  const schedule = elapsingSchedule(500, 100)
  assert.deepEqual(
    [0, 500, 599, 600, 1234].map(afterMs => schedule.next(afterMs)),
    [500, 600, 600, 700, 1300]
  )
})

test('due times of an interval never drift and strictly grow, whatever they are asked after', () => {
  const intervals = fc.double({ min: 10, max: 3e9, noNaN: true })
  const lateness = fc.array(fc.double({ min: 0, max: 3e9, noNaN: true }), { maxLength: 50 })
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), intervals, lateness, (firstMs, intervalMs, lates) => {
      const schedule = elapsingSchedule(firstMs, intervalMs)
      let dueMs = schedule.next(-1) ?? Number.NaN
      assert.equal(dueMs, firstMs)
      for (const lateMs of lates) {
        const nowMs = dueMs + lateMs
        const nextMs = schedule.next(nowMs) ?? Number.NaN
        assert.ok(nextMs > nowMs, 'strictly after what was asked')
        assert.ok(nextMs - nowMs <= intervalMs * (1 + 1e-9) + 1e-3, 'and the very next one')
        const turn = Math.round((nextMs - firstMs) / intervalMs)
        assert.equal(nextMs, firstMs + turn * intervalMs, 'on the grid')
        dueMs = nextMs
      }
    })
  )
})

test('due times of an expression are moments of the wall clock', () => {
  const schedule = calendarSchedule('0 3 * * *', 'Europe/Berlin')
  assert.equal(schedule.scale, 'epoch')
  assert.equal(schedule.next(Date.UTC(2026, 0, 1)), Date.UTC(2026, 0, 1, 2))
  assert.equal(elapsingSchedule(0, 1).scale, 'monotonic')
})
