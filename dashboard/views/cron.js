import { confirm } from '../dialog.js'
import { brief, count, dateTime, h } from '../dom.js'
import { attempt } from '../notices.js'
import { button, lead, panel, table } from '../parts.js'
import { addForm } from './add-form.js'
import { listing } from './listing.js'

/** Messages that are published at times set beforehand. */
export function cronTab({ api }) {
  const cancel = async (job, again) => {
    if (!(await confirm(`Cancel ${brief(job.job_id, 60)}?`, { yes: 'Cancel the job' }))) return
    await attempt(() => api.run('op.cron.cancel', { job_id: job.job_id }), 'Cancelled.')
    await again()
  }
  const jobs = listing(
    () => api.run('op.cron.list'),
    ({ jobs: found }, again) =>
      table(
        'Scheduled messages',
        ['Job', 'To', 'When', 'Next', 'Last', 'Fired', ''],
        found.map(job => [
          h('bdi', { class: 'code' }, brief(job.job_id, 40)),
          h('bdi', {}, brief(`${job.room}:${job.channel}`, 130)),
          whenOf(job),
          dateTime(job.next_run_at),
          dateTime(job.last_run_at),
          job.repeat_count === null ? count(job.fired) : `${count(job.fired)} of ${count(job.repeat_count)}`,
          button('Cancel', () => cancel(job, again), { class: 'danger' })
        ]),
        'Nothing is scheduled.'
      )
  )
  return {
    element: panel(
      'Scheduled messages',
      lead('A message that the bus publishes by itself: later, again and again, or by a cron expression.'),
      jobs.element,
      addForm('Schedule a message', api, 'op.cron.schedule', jobs.again)
    ),
    close: jobs.close
  }
}

function whenOf({ cron, timezone = 'UTC', delay_seconds: delay, interval_seconds: interval }) {
  if (cron) return `${brief(cron, 60)} (${brief(timezone, 40)})`
  return interval === null ? `once, after ${count(delay)} s` : `every ${count(interval)} s`
}
