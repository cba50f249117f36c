import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listJob } from '../../../src/cron/job.ts'
import { type Cluster, countTo, type Node, setCluster } from './cluster.ts'
import { ada, admin, stranger } from './stage.ts'

const everySecond = { delay_seconds: 1, interval_seconds: 1, repeat_count: 100, lifetime: 'tenant' } as const
const daily = { cron: '0 3 * * *', lifetime: 'tenant' } as const
const otherAdmin = { id: 'arq_client_boss', tenant: 'default', isAdmin: true }

function pairOf({ nodes }: Cluster): [Node, Node] {
  return nodes as [Node, Node]
}

function outcomesOf(node: Node): unknown[] {
  return node.events.map(({ payload }) => Reflect.get(payload, 'outcome'))
}

test('a job of the tenant is listed on every node, in the order of scheduling, with the same progress', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  const jobs = []
  for (const node of [two, one, two, one]) {
    jobs.push(await node.schedule(everySecond, admin))
    await cluster.pass(100, 100)
  }
  await cluster.pass(3000, 100)
  const third = await cluster.join()
  for (const { scheduler } of [one, two, third]) {
    assert.deepEqual(scheduler.list(otherAdmin).map(listJob), jobs.map(listJob))
    assert.deepEqual(scheduler.list(ada), [])
    assert.deepEqual(scheduler.list(stranger), [])
  }
  assert.deepEqual(listJob(jobs[0] as never).fired, 3)
})

test('a job is cancelled from any node, once, by whoever may', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  const { id } = await one.schedule(everySecond, admin)
  await cluster.pass(2500, 500)
  await assert.rejects(two.scheduler.cancel(ada, id), { code: 'AUTHORIZATION_ERROR' })
  await assert.rejects(two.scheduler.cancel(stranger, id), { code: 'NOT_FOUND' })
  const ends = await Promise.allSettled([one.scheduler.cancel(admin, id), two.scheduler.cancel(otherAdmin, id)])
  assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const rejected = ends.find(({ status }) => status === 'rejected')
  assert.equal(Reflect.get(Object(rejected), 'reason').code, 'NOT_FOUND')
  await cluster.pass(5000, 500)
  assert.deepEqual(cluster.iterations, [1, 2])
  for (const { scheduler, clock } of cluster.nodes) assert.deepEqual([scheduler.size, clock.pending], [0, 0])
})

test('jobs of all nodes count for the tenant and for each node', async t => {
  const cluster = await setCluster(t, 2, { limits: { maxCronJobsPerTenant: 3, maxCronJobs: 4 } })
  const [one, two] = pairOf(cluster)
  for (const node of [one, two, one]) await node.schedule(daily, admin)
  const full = { message: 'Limit exceeded: a tenant can have 3 cron jobs' }
  for (const node of [one, two]) {
    await assert.rejects(node.schedule(daily, admin), full)
    await assert.rejects(node.schedule({}, ada), full)
    assert.equal(node.scheduler.size, 3)
  }
  await two.schedule(daily, stranger)
  await assert.rejects(one.schedule(daily, { ...stranger, tenant: 'third' }), {
    message: 'Limit exceeded: the server can have 4 cron jobs'
  })
})

test('orders that a node takes in the same moment stay within the bound', async t => {
  const cluster = await setCluster(t, 2, { limits: { maxCronJobsPerTenant: 3 } })
  const [one, two] = pairOf(cluster)
  const taken = await Promise.allSettled(countTo(10).map(() => one.schedule(daily, admin)))
  assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 3)
  assert.deepEqual([one.scheduler.size, two.scheduler.size, cluster.written.size], [3, 3, 3])
})

test('while the cluster is away nothing shared is scheduled or cancelled, and jobs of connections go on', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  const { id } = await one.schedule(daily, admin)
  one.records.isAway = true
  await assert.rejects(one.schedule(daily, admin), { code: 'ENGINE_UNAVAILABLE' })
  await assert.rejects(one.scheduler.cancel(admin, id), { code: 'ENGINE_UNAVAILABLE' })
  assert.deepEqual([one.scheduler.size, two.scheduler.size], [1, 1])
  await one.schedule({ delay_seconds: 1 }, ada)
  await cluster.pass(1000, 500)
  assert.deepEqual(one.iterations, [1])
})

test('a firing that cannot be claimed is told and logged as refused, and the next one comes', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = pairOf(cluster)
  await one.schedule({ ...everySecond, repeat_count: 3 }, admin)
  await cluster.pass(1000, 500)
  one.records.isAway = true
  await cluster.pass(2000, 500)
  one.records.isAway = false
  await cluster.pass(5000, 500)
  assert.deepEqual(one.seconds, [1, 4, 5])
  assert.deepEqual(one.iterations, [1, 2, 3], 'what was not claimed uses up no repetition')
  assert.deepEqual(outcomesOf(one), ['delivered', 'ENGINE_UNAVAILABLE', 'ENGINE_UNAVAILABLE', 'delivered', 'delivered'])
  assert.deepEqual(
    one.log.map(({ msg, outcome }) => [msg, outcome]),
    [['a cron job was refused', 'ENGINE_UNAVAILABLE']]
  )
  assert.deepEqual(one.scheduler.claims, { won: 3, lost: 0 })
})

test('a job that is due once is fired as soon as the cluster is back', async t => {
  const cluster = await setCluster(t, 2)
  const [one] = pairOf(cluster)
  await one.schedule({ delay_seconds: 1, lifetime: 'tenant' }, admin)
  for (const { records } of cluster.nodes) records.isAway = true
  await cluster.pass(3500, 500)
  for (const { records } of cluster.nodes) records.isAway = false
  await cluster.pass(5000, 500)
  assert.deepEqual(
    cluster.firings.map(({ monotonicMs }) => monotonicMs),
    [4000]
  )
  assert.equal(cluster.written.size, 0)
})

test('a job is fired on behalf of its author, also by nodes that do not know it, and of who it was last', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  await one.schedule(everySecond, admin)
  await cluster.pass(1000, 500)
  one.scheduler.leave(admin, 'who it was last')
  await cluster.pass(1000, 500)
  one.leave()
  await cluster.pass(1000, 500)
  assert.deepEqual(
    cluster.firings.map(({ author }) => author),
    [`of ${admin.id}`, 'who it was last', 'who it was last']
  )
  assert.equal(two.firings.at(-1)?.author, 'who it was last')
})

test('an author who leaves while the job is being written is who it was last', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  const scheduled = one.schedule(everySecond, admin)
  one.scheduler.leave(admin, 'who it was last')
  await scheduled
  await cluster.settle()
  for (const { scheduler } of [one, two]) assert.equal(scheduler.list(admin)[0]?.author, 'who it was last')
})

test('what an author may do is told to the other nodes with the next firing after it has changed', async t => {
  const cluster = await setCluster(t, 2)
  const [one, two] = pairOf(cluster)
  const author = { toJSON: () => rights }
  let rights = 'everything'
  const job = await one.scheduler.schedule(
    { room: 'lab', channel: 'one', payload: {}, ...everySecond },
    { asker: admin, isConnected: true, author: author as unknown as string }
  )
  const adopted = two.scheduler.list(admin)[0]
  assert.equal(adopted?.author, 'everything')
  rights = 'nothing'
  await cluster.pass(1000, 500)
  assert.equal(adopted?.author, 'nothing')
  assert.equal(job.author, author)
})

test('a record that cannot be read is logged and ignored', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = pairOf(cluster)
  await one.schedule(daily, admin)
  const good = JSON.parse([...cluster.written.values()][0] ?? '')
  const order = { ...good.order, cron: 'now and then' }
  const texts = ['no JSON', '1', '{}', JSON.stringify({ ...good, fired: -1 }), JSON.stringify({ ...good, order })]
  for (const [at, text] of texts.entries()) await cluster.records.put(`cron_${at}`, text)
  await cluster.records.put('cron_nobody', JSON.stringify({ ...good, author: 5 }))
  assert.equal(one.scheduler.size, 1)
  assert.deepEqual(
    one.log.map(({ level, msg, job }) => [level, msg, job]),
    [
      ...texts.map((_, at) => ['warn', 'a shared cron job cannot be read', `cron_${at}`]),
      ['warn', 'the author of a shared cron job cannot be read', 'cron_nobody']
    ]
  )
  const next = await cluster.join()
  assert.equal(next.scheduler.size, 1)
})

test('a finished job that nobody got to removing is removed by a node that starts', async t => {
  const cluster = await setCluster(t, 1)
  const [one] = pairOf(cluster)
  await one.schedule({ delay_seconds: 1, lifetime: 'tenant' }, admin)
  const answers = one.records.answers
  one.records.answers = async () => {
    one.records.isAway = true
    await answers()
  }
  await cluster.pass(1000, 500)
  assert.deepEqual([one.iterations, one.scheduler.size, cluster.written.size], [[1], 0, 1])
  assert.equal(one.log[0]?.msg, 'a finished cron job could not be removed')
  await cluster.join()
  await cluster.settle()
  assert.equal(cluster.written.size, 0)
  await cluster.pass(5000, 500)
  assert.deepEqual(cluster.iterations, [1])
})

test('of many jobs that are due at once only some are claimed at a time, and all of them come', async t => {
  const cluster = await setCluster(t, 2, { limits: { maxCronJobsPerTenant: 500 } })
  const [one] = pairOf(cluster)
  for (let count = 0; count < 500; count++) await one.schedule({ delay_seconds: 1, lifetime: 'tenant' }, admin)
  let release = () => {}
  const released = new Promise<void>(resolve => (release = resolve))
  for (const { records } of cluster.nodes) records.answers = () => released
  await cluster.pass(1000, 1000)
  for (const { records } of cluster.nodes) assert.ok(records.updates <= 128)
  release()
  for (let turn = 0; turn < 20; turn++) await cluster.settle()
  assert.equal(cluster.firings.length, 500)
  assert.equal(new Set(cluster.firings.map(({ job }) => job.id)).size, 500)
  assert.equal(cluster.written.size, 0)
})
