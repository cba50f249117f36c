// A digest at set times: a cron job says when, the history says what.
//   node examples/cron-digest/digest.js            every five seconds, three times
//   DIGEST_CRON='0 9 * * 1-5' node examples/cron-digest/digest.js   on weekdays at nine
import { connect } from 'arqonbus/client'

const bus = await connect(process.env.ARQONBUS_WS_URL ?? 'ws://127.0.0.1:9100', { clientType: 'service' })
const source = bus.channel('science:explore')
const clock = bus.channel('digest:clock')
const digest = bus.channel('digest:out')

const seconds = Number(process.env.DIGEST_SECONDS ?? 5)
const ticks = clock.messages()
await clock.join()
const rhythm = process.env.DIGEST_CRON
  ? { cron: process.env.DIGEST_CRON, timezone: process.env.TZ ?? 'UTC' }
  : { delay_seconds: seconds, interval_seconds: seconds, repeat_count: 3 }
const { job_id, next_run_at } = await bus.cron.schedule({ room: 'digest', channel: 'clock', payload: {}, ...rhythm })
console.log(`${job_id} comes first at ${next_run_at}`)

let since = 0
for await (const { sender, metadata } of ticks) {
  if (sender !== 'op-cron') continue
  const { history } = await source.history({ limit: 500 })
  const fresh = history.filter(({ sequence }) => sequence > since)
  since = history.at(-1)?.sequence ?? since
  const text = `${fresh.length} new messages from ${new Set(fresh.map(({ sender }) => sender)).size} clients`
  await digest.publish({ text })
  console.log(`${metadata.iteration}: ${text}`)
  if (metadata.iteration === 3 && !process.env.DIGEST_CRON) break
}
await bus.close()
