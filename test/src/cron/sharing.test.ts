import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listJob } from '../../../src/cron/job.ts'
import { Cluster, countTo, type Node, setCluster } from './cluster.ts'
import { admin } from './stage.ts'

const everySecond = { delay_seconds: 1, interval_seconds: 1, lifetime: 'tenant' } as const

/** The seconds since the start of a job at which it was due, by the iterations of its firings. */
function secondsOf(cluster: Cluster): number[] {
  return cluster.firings.map(({ job, atMs }) => (atMs - job.createdAtMs) / 1000)
}

function nodesOf({ nodes }: Cluster): [Node, Node, Node] {
  return nodes as [Node, Node, Node]
}

test('of three nodes one fires: 200 times at an interval, each time once, and then nowhere any more', async t => {
  const cluster = await setCluster(t, 3)
  const [one, two] = nodesOf(cluster)
  await one.schedule({ ...everySecond, repeat_count: 200 }, admin)
  await cluster.pass(230_000, 500)
  assert.deepEqual(cluster.iterations, countTo(200))
  assert.deepEqual(secondsOf(cluster), countTo(200))
  for (const { scheduler, clock } of cluster.nodes) {
    assert.equal(scheduler.size, 0)
    assert.equal(clock.pending, 0)
  }
  assert.equal(cluster.written.size, 0)
  const { claims } = one.scheduler
  assert.equal(claims.won + two.scheduler.claims.won + nodesOf(cluster)[2].scheduler.claims.won, 200)
  assert.ok(two.scheduler.claims.lost > 0)
})

test('of three nodes one fires: 200 times by an expression', async t => {
  const cluster = await setCluster(t, 3)
  await nodesOf(cluster)[1].schedule({ cron: '* * * * *', lifetime: 'tenant' }, admin)
  await cluster.pass(200 * 60_000, 10_000)
  assert.deepEqual(cluster.iterations, countTo(200))
  assert.deepEqual(
    secondsOf(cluster),
    countTo(200).map(minute => minute * 60)
  )
})

test('a job of a connection stays on its node, which alone fires it', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = nodesOf(cluster)
  await one.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 3 }, admin)
  assert.deepEqual([one.scheduler.size, two.scheduler.size, cluster.written.size], [1, 0, 0])
  await cluster.pass(5000, 500)
  assert.deepEqual(one.seconds, [1, 2, 3])
  assert.deepEqual(two.firings, [])
  assert.deepEqual(one.scheduler.claims, { won: 0, lost: 0 })
})

test('a node that stood still over ten due times fires nothing that is stale when it wakes', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = nodesOf(cluster)
  const job = await one.schedule({ ...everySecond, repeat_count: 100 }, admin)
  await cluster.pass(5000, 500)
  two.pause()
  const before = two.firings.length
  await cluster.pass(10_300, 100)
  await two.wake()
  assert.equal(two.firings.length, before)
  await cluster.pass(4700, 100)
  assert.deepEqual(cluster.iterations, countTo(20))
  assert.deepEqual(secondsOf(cluster), countTo(20))
  assert.deepEqual(
    [two.scheduler.list(admin)[0]?.fired, two.scheduler.list(admin)[0]?.lastRunAtMs],
    [job.fired, job.lastRunAtMs]
  )
})

test('a node that stood still until the job was finished, or cancelled, fires nothing when it wakes', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = nodesOf(cluster)
  await one.schedule({ ...everySecond, repeat_count: 3 }, admin)
  const cancelled = await one.schedule({ cron: '* * * * *', lifetime: 'tenant' }, admin)
  two.pause()
  await cluster.pass(5000, 500)
  await one.scheduler.cancel(admin, cancelled.id)
  await cluster.pass(600_000, 10_000)
  assert.equal(cluster.written.size, 0)
  await two.wake()
  assert.deepEqual(two.firings, [])
  assert.deepEqual(cluster.iterations, [1, 2, 3])
  assert.equal(two.scheduler.size, 0)
})

test('when all nodes stood still there is one firing to catch up, not one for each', async t => {
  const cluster = await setCluster(t, 3)
  await nodesOf(cluster)[0].schedule({ ...everySecond, repeat_count: 100 }, admin)
  await cluster.pass(3000, 500)
  for (const node of cluster.nodes) node.pause()
  await cluster.pass(10_500, 500)
  for (const node of cluster.nodes) await node.wake()
  assert.deepEqual(secondsOf(cluster), [1, 2, 3, 13.5])
  await cluster.pass(1500, 500)
  assert.deepEqual(secondsOf(cluster), [1, 2, 3, 13.5, 14, 15])
})

test('a node whose claim is answered after it stood still fires nothing, and says so', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = nodesOf(cluster)
  two.pause()
  await one.schedule({ ...everySecond, repeat_count: 3 }, admin)
  let answer = () => {}
  one.records.answers = () => new Promise(resolve => (answer = resolve))
  await cluster.pass(1000, 500)
  one.clock.advance(6000)
  answer()
  await one.settle()
  assert.deepEqual(one.firings, [])
  assert.deepEqual(
    one.events.map(({ payload }) => [Reflect.get(payload, 'iteration'), Reflect.get(payload, 'outcome')]),
    [[1, 'ENGINE_UNAVAILABLE']]
  )
})

for (const aheadMs of [2000, -2000]) {
  test(`with a clock that goes ${aheadMs} ms ahead each firing comes once, and goes on when that node is gone`, async t => {
    const cluster = await setCluster(t, 1)
    const [one] = nodesOf(cluster)
    const other = await cluster.join({ aheadMs })
    await one.schedule({ ...everySecond, interval_seconds: 0.2, repeat_count: 100 }, admin)
    await cluster.pass(10_000, 100)
    const early = aheadMs > 0 ? other : one
    assert.equal(early.firings.length, cluster.firings.length)
    early.leave()
    await cluster.pass(30_000, 100)
    assert.deepEqual(cluster.iterations, countTo(100))
    const late = cluster.nodes.find(node => node !== early)
    assert.ok((late?.firings.length ?? 0) > 40)
  })
}

test('an expression is followed by a wall clock that jumps back, without a time coming twice', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = nodesOf(cluster)
  await one.schedule({ cron: '*/10 * * * *', lifetime: 'tenant' }, admin)
  await cluster.pass(20 * 60_000, 10_000)
  one.clock.set(one.clock.now() - 15 * 60_000)
  await cluster.pass(25 * 60_000, 10_000)
  assert.deepEqual(one.times, ['00:10:00', '00:20:00', '00:30:00'])
})

test('a node that comes later goes on where the cluster has got to', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = nodesOf(cluster)
  const job = await one.schedule({ ...everySecond, repeat_count: 10 }, admin)
  await cluster.pass(4500, 500)
  one.leave()
  const next = await cluster.join()
  assert.deepEqual(next.scheduler.list(admin).map(listJob), [listJob(job)])
  assert.deepEqual([job.fired, job.nextRunAtMs - job.createdAtMs], [4, 5000])
  await cluster.pass(10_000, 500)
  assert.deepEqual(next.iterations, [5, 6, 7, 8, 9, 10])
  assert.deepEqual(secondsOf(cluster), countTo(10))
})

test('what was due while no node was there comes once when one is there again', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = nodesOf(cluster)
  await one.schedule({ delay_seconds: 5, lifetime: 'tenant' }, admin)
  await one.schedule({ cron: '* * * * *', lifetime: 'tenant' }, admin)
  one.leave()
  await cluster.pass(600_500, 500)
  const next = await cluster.join()
  await cluster.pass(30_000, 500)
  assert.deepEqual(
    next.firings.map(({ job, iteration }) => [job.terms.cron, iteration]),
    [
      [undefined, 1],
      ['* * * * *', 1]
    ]
  )
})

test('however nodes come, stand still and go, iterations come once each, in order and without gaps', async () => {
  const step = fc.record({
    at: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom('pass', 'pass', 'pause', 'wake', 'cut'),
    ms: fc.integer({ min: 1, max: 3000 })
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 3, maxLength: 3 }),
      fc.array(step, { maxLength: 30 }),
      async (aheads, steps) => {
        const cluster = new Cluster()
        await cluster.open()
        for (const aheadMs of aheads) await cluster.join({ aheadMs })
        await nodesOf(cluster)[0].schedule({ ...everySecond, interval_seconds: 0.5, repeat_count: 30 }, admin)
        for (const { at, what, ms } of steps) {
          const node = cluster.nodes[at] as Node
          if (what === 'pause') node.pause()
          else if (what === 'wake') await node.wake()
          else if (what === 'cut') node.records.isAway = !node.records.isAway
          await cluster.pass(ms, ms / 4)
        }
        for (const node of cluster.nodes) {
          node.records.isAway = false
          await node.wake()
        }
        await cluster.pass(40_000, 250)
        assert.deepEqual(cluster.iterations, countTo(30))
        for (const { scheduler } of cluster.nodes) assert.equal(scheduler.size, 0)
        cluster.close()
      }
    ),
    { numRuns: 40 }
  )
})
