import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Scheduler } from '../cron/scheduler.ts'

export default command({
  name: 'op.cron.cancel',
  summary: 'End a job of the own ones; for admins, any of the tenant.',
  role: 'user',
  args: Type.Object(
    { job_id: Type.String({ minLength: 1, maxLength: 64, expected: 'the id of a job' }) },
    { additionalProperties: false, examples: [{ job_id: 'cron_3f1c09ab27de' }] }
  ),
  result: Type.Object({ job_id: Type.String() }),
  run: async (scheduler: Scheduler<Source>, { job_id }, caller) => {
    await scheduler.cancel(askerOf(caller), job_id)
    return { message: 'Job cancelled', data: { job_id } }
  }
})
