import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Cable } from '../support/cable.ts'
import { NatsCluster, type NatsClusterOptions } from '../support/nats-cluster.ts'
import { NodeProcess } from '../support/node-process.ts'
import { TEST_SECRET } from '../support/tokens.ts'
import { type Figures, lineOf, sum, tableOf } from './figures.ts'
import { Front } from './front.ts'
import { Workload, type WorkloadOptions } from './workload.ts'

/** How long each scenario goes on; one round unless `npm run test:faults` tells. */
export const FAULT_SECONDS = Number(process.env.FAULT_SECONDS ?? 0)
export const isLong = FAULT_SECONDS > 0

/** Room for everything that is missed at these rates. */
export const roomy = {
  ARQONBUS_ENABLE_AUTH: 'true',
  ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
  ARQONBUS_MAX_HISTORY_SIZE: '50000',
  ARQONBUS_MAX_HISTORY_BYTES_PER_CHANNEL: '33554432',
  ARQONBUS_MAX_RECOVERY: '50000',
  ARQONBUS_MAX_OUTBOUND_BYTES: '67108864'
}

/** A cluster of NATS servers, two nodes on it, and what stands before them. The first node reaches the servers by cables. */
export interface Stage {
  readonly nats: NatsCluster
  readonly nodes: readonly [NodeProcess, NodeProcess]
  readonly cables: readonly Cable[]
  readonly front: Front
}

export async function setStage(t: TestContext, options: NatsClusterOptions = {}): Promise<Stage> {
  const nats = await NatsCluster.start(t, options)
  const cables = await Promise.all(nats.servers.map(({ port }) => Cable.lay(t, port)))
  const env = { ...roomy, ARQONBUS_BROKER: 'nats', ARQONBUS_NATS_REPLICAS: String(nats.replicas) }
  const nodes = await Promise.all([
    NodeProcess.start(t, { ...env, ARQONBUS_NATS_URL: cables.map(({ url }) => url).join(',') }),
    NodeProcess.start(t, { ...env, ARQONBUS_NATS_URL: nats.urls })
  ])
  const front = await Front.open(t, () => nodes.map(({ port }) => port).filter(port => port > 0))
  return { nats, cables, nodes, front }
}

/** What is done to the stage while messages flow, until all is well again. Returns what was measured, in words. */
export type Act = (stage: Stage, workload: Workload, round: number) => Promise<readonly string[]>

/** One promise, and what tries to break it. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly act: Act
  readonly load?: Omit<WorkloadOptions, 'wsUrl' | 'channel'>
  /** Whether it makes sense only where several servers hold each message. */
  readonly needsReplicas?: boolean
}

/** Runs scenarios one after the other on one stage; each has channels of its own and leaves all well behind it. */
export function play(title: string, scenarios: readonly Scenario[]): void {
  test(title, { timeout: 1_800_000 }, async t => {
    const stage = await setStage(t)
    const { words, replicas } = stage.nats
    t.diagnostic(`with ${words} and two nodes`)
    const rows: (readonly [string, Figures])[] = []
    for (const scenario of scenarios) {
      if (replicas === 1 && scenario.needsReplicas === true) {
        t.diagnostic(`not shown, because nats-server ${stage.nats.version} cannot replicate: ${scenario.title}`)
        continue
      }
      await t.test(`${scenario.title} (${words})`, async t => {
        const figures = await repeat(stage, scenario)
        rows.push([scenario.name, figures])
        t.diagnostic(lineOf(figures))
        assert.deepEqual(figures.faults.slice(0, 10), [])
      })
    }
    if (isLong) console.log(`\n${words}, ${FAULT_SECONDS} s each\n\n${tableOf(rows)}\n`)
  })
}

async function repeat(stage: Stage, scenario: Scenario): Promise<Figures> {
  const startMs = performance.now()
  const rounds: Figures[] = []
  do rounds.push(await runOnce(stage, scenario, rounds.length))
  while (performance.now() - startMs < FAULT_SECONDS * 1_000)
  return sum(rounds)
}

async function runOnce(stage: Stage, { name, act, load = {} }: Scenario, round: number): Promise<Figures> {
  const channel = `${name.replace(/\W/g, '-')}:round-${round}`
  const workload = await Workload.start({ wsUrl: stage.front.wsUrl, channel, ...load })
  try {
    const notes = await act(stage, workload, round)
    const recoveryMs = await workload.goesOn()
    return { ...(await workload.stop()), recoveryMs, notes }
  } catch (error) {
    await heal(stage)
    throw error
  } finally {
    await workload.close()
  }
}

/** What a scenario that has failed left broken does not break the next one. */
async function heal({ nats, nodes, cables }: Stage): Promise<void> {
  for (const cable of cables) cable.mend()
  for (const server of nats.servers)
    if (server.isRunning) server.resume()
    else await server.restart()
  await nats.ready()
  for (const node of nodes)
    if (node.port > 0) node.resume()
    else await node.restart()
}
