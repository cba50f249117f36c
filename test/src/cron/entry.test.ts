import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Entry } from '../../../src/cron/entry.ts'
import { describeJob } from '../../../src/cron/job.ts'
import { FakeClock } from '../../support/clock.ts'

/** A clock that goes on while a job is being made. */
class RunningClock extends FakeClock {
  #readings = 0

  override monotonic(): number {
    return super.monotonic() + ++this.#readings
  }
}

for (const isShared of [false, true]) {
  for (const delay_seconds of [0.001, 1e-9, 5e-324]) {
    test(`a delay of ${delay_seconds} seconds is over at once${isShared ? ' in a cluster' : ''}, and the job is due`, () => {
      const clock = new RunningClock()
      const order = { room: 'lab', channel: 'one', payload: {}, delay_seconds }
      const parts = { id: 'cron_1', order, tenant: 'a', ownerId: 'b', lifetime: 'tenant', author: 'c' } as const
      const job = new Entry({ ...parts, createdAtMs: clock.now(), isShared }, clock)
      assert.ok(job.dueMs <= job.presentMs() + 1)
      assert.match(describeJob(job).next_run_at, /^\d{4}-/)
    })
  }
}
