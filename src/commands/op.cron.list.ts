import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import { ListedJobSchema, listJob } from '../cron/job.ts'
import type { Scheduler } from '../cron/scheduler.ts'

export default command({
  name: 'op.cron.list',
  summary: 'List the own jobs that are not finished; for admins, all of the tenant.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  args: Type.Object({}, { additionalProperties: false, examples: [{}] }),
  result: Type.Object({ jobs: Type.Array(ListedJobSchema), count: Type.Integer() }),
  run: (scheduler: Scheduler<Source>, _args, caller) => {
    const jobs = scheduler.list(askerOf(caller)).map(listJob)
    return { message: `${jobs.length} jobs`, data: { jobs, count: jobs.length } }
  }
})
