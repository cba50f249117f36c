import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { type Act, isLong } from './stage.ts'
import { enter, insist } from './workload.ts'

const INTERVAL_SECONDS = 0.5
const FIRINGS = isLong ? 30 : 8
const PAUSE_MS = isLong ? 8_000 : 2_000

/** One of two nodes stands still over several due times of a job and wakes while it goes on. */
export const pauseCron: Act = async ({ nodes }, _workload, round) => {
  const [sleeper, waking] = (round % 2 ? nodes : nodes.toReversed()) as [NodeProcess, NodeProcess]
  const claims = { role: 'admin' }
  const [ordering, watcher] = [await enter(sleeper.wsUrl, 'admin', claims), await enter(waking.wsUrl, 'admin', claims)]
  const channel = watcher.channel({ room: 'cron', channel: `round-${round}` })
  const iterations: unknown[] = []
  const jobs = async (): Promise<number> => (await insist(() => watcher.command('op.cron.list'))).data.jobs.length
  try {
    await channel.join()
    channel.on('message', ({ metadata }) => iterations.push(metadata?.iteration))
    await ordering.command('op.cron.schedule', {
      room: 'cron',
      channel: `round-${round}`,
      payload: {},
      delay_seconds: INTERVAL_SECONDS,
      interval_seconds: INTERVAL_SECONDS,
      repeat_count: FIRINGS,
      lifetime: 'tenant'
    })
    await until('the other node knows the job', async () => (await jobs()) === 1)
    await until('it has fired', () => iterations.length > 0)
    const before = iterations.length
    sleeper.pause()
    await pause(PAUSE_MS)
    await until('the other node fires alone', () => iterations.length > before + 1)
    sleeper.resume()
    await until('the job has ended', async () => (await jobs()) === 0)
    await until('the node that slept is ready', () => sleeper.isReady())
    const { history } = await insist(() => channel.history({ limit: 500 }))
    const kept = history.map(({ metadata }) => metadata?.iteration)
    for (const seen of [iterations, kept]) assert.equal(new Set(seen).size, seen.length, `fired twice: ${seen}`)
    assert.ok(kept.length <= FIRINGS)
    return [`${kept.length} of ${FIRINGS} firings`]
  } finally {
    sleeper.resume()
    await Promise.all([ordering.close(), watcher.close()])
  }
}
