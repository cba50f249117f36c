import { askerOf, command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import { OrderSchema } from '../cron/arguments.ts'
import { describeJob, JobSchema } from '../cron/job.ts'
import type { Scheduler } from '../cron/scheduler.ts'

export default command({
  name: 'op.cron.schedule',
  summary: 'Have a message published later, once, several times, or by a cron expression.',
  role: 'user',
  isAddressed: true,
  isHeavy: true,
  isContentExempt: true,
  isSelfChecked: true,
  args: OrderSchema,
  result: JobSchema,
  run: async (scheduler: Scheduler<Source>, order, caller) => {
    const { id, identity, connection } = caller
    const commission = {
      asker: askerOf(caller),
      isConnected: connection !== undefined,
      // A connection's identity changes when its token is refreshed; what counts is the present one.
      author: connection ?? { id, identity }
    }
    const job = await scheduler.schedule(order, commission)
    return { message: 'Job scheduled', data: describeJob(job) }
  }
})
