import { setTimeout as sleep } from 'node:timers/promises'
import { drain, publishAtRate, publishInLoop } from './pace.mjs'
import { Rooms } from './rooms.mjs'
import { openWindow } from './usage.mjs'
import { settleMs, warmupEnd } from './warmup.mjs'

/**
 * Publishers and members of rooms. The window is quiet at both ends: it holds each message it counts entirely.
 * Losses and the like are counted from the first warm-up message on.
 */
export async function measureFlow(job) {
  const { scenario } = job
  const rooms = new Rooms(job)
  await rooms.connect()
  await sleep(settleMs)
  const sentSoFar = () => rooms.publishers.reduce((sum, { sent }) => sum + sent, 0)
  await publishInLoop(rooms, 1, warmupEnd(sentSoFar))
  await drain(rooms)
  if (rooms.received === 0) throw new Error(`nothing arrives: ${JSON.stringify(rooms.account)}`)
  await sleep(settleMs)

  rooms.latencies.reset()
  const before = rooms.received
  const startMs = performance.now()
  const closeWindow = openWindow(job.serverPid)
  let lagMs = 0
  if (scenario.inFlight) {
    await publishInLoop(rooms, scenario.inFlight, () => performance.now() - startMs >= scenario.seconds * 1000)
  } else {
    lagMs = await publishAtRate(rooms, scenario.rate, scenario.seconds)
  }
  await drain(rooms)
  const usage = closeWindow()
  const deliveries = rooms.received - before
  return {
    ...usage,
    ...rooms.latencies.summary(),
    ...rooms.account,
    deliveries,
    lagMs,
    perSecond: deliveries / ((rooms.lastDeliveryMs - startMs) / 1000)
  }
}
