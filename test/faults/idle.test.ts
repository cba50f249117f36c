import { test } from 'node:test'
import { NatsCluster } from '../support/nats-cluster.ts'
import { NodeProcess } from '../support/node-process.ts'
import { until } from '../support/until.ts'

test('N3: without a majority a node that nobody uses is not ready, also while the leader answers', async t => {
  const nats = await NatsCluster.start(t)
  const env = { ARQONBUS_BROKER: 'nats', ARQONBUS_NATS_REPLICAS: String(nats.replicas) }
  const maker = await NodeProcess.start(t, { ...env, ARQONBUS_NATS_URL: nats.urls })
  const leader = await nats.leader('AQ_MSG')
  await maker.kill()
  const node = await NodeProcess.start(t, { ...env, ARQONBUS_NATS_URL: leader.url })
  const gone = nats.replicas === 1 ? [leader] : nats.others(leader)
  const startMs = performance.now()
  for (const server of gone) server.pause()
  await until('the node is not ready', async () => !(await node.isReady()))
  t.diagnostic(`not ready after ${Math.round(performance.now() - startMs)} ms`)
  for (const server of gone) server.resume()
  await until('the node is ready', () => node.isReady())
})
