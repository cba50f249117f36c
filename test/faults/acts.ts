import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { type Act, isLong, type Stage } from './stage.ts'
import { enter, insist, type Workload } from './workload.ts'

/** How long messages flow before something breaks. */
const CALM_MS = isLong ? 2_000 : 500
/** How long an outage lasts at least. */
const OUTAGE_MS = isLong ? 10_000 : 0

async function messages(workload: Workload, count: number): Promise<void> {
  const enough = workload.acked + count
  await until(`${count} more are acknowledged`, () => workload.acked >= enough)
}

function elapsed(sinceMs: number): string {
  return `${Math.round(performance.now() - sinceMs)} ms`
}

/** A node is killed, and with it a member that is connected to it alone and does not come back. */
export const killNode: Act = async ({ nodes }, workload, round) => {
  const node = nodes[round % 2] as NodeProcess
  const other = nodes[1 - (round % 2)] as NodeProcess
  const place = { room: 'ghosts', channel: `round-${round}` }
  const [ghost, watcher] = [await enter(node.wsUrl, 'ghost'), await enter(other.wsUrl, 'watcher')]
  const count = async (): Promise<number> =>
    (await insist(() => watcher.command('channel_info', place))).data.participant_count
  try {
    for (const client of [watcher, ghost]) await client.channel(place).join()
    await until('both are members', async () => (await count()) === 2)
    await messages(workload, isLong ? 2_000 : 500)
    await node.kill()
    const killedMs = performance.now()
    await ghost.close()
    const onMs = await workload.goesOn()
    await until('the member of the dead node is gone', async () => (await count()) === 1)
    const goneAfter = elapsed(killedMs)
    assert.ok(workload.reconnects > 0)
    if (isLong) await node.restart()
    return [`acknowledged ${Math.round(onMs)} ms after a node was killed, its member was gone after ${goneAfter}`]
  } finally {
    await Promise.all([ghost.close(), watcher.close()])
  }
}

/** One server and all nodes are killed; the nodes start again without it. */
export const killMinority: Act = async ({ nats, nodes }, workload, round) => {
  const server = await nats.leader(round % 2 ? undefined : 'AQ_MSG')
  await pause(CALM_MS)
  await Promise.all([server.kill(), ...nodes.map(node => node.kill())])
  if (nats.replicas === 1) await server.restart()
  await nats.leader('AQ_MSG')
  await Promise.all(nodes.map(node => node.restart()))
  await workload.goesOn()
  if (nats.replicas > 1) await server.restart()
  return []
}

/** Two of three servers stand still, or the only one. */
export const loseQuorum: Act = async ({ nats, nodes }, workload, round) => {
  await pause(CALM_MS)
  const leader = await nats.leader('AQ_MSG')
  const gone =
    nats.replicas === 1 ? [leader] : round % 2 ? [leader, ...nats.others(leader).slice(1)] : nats.others(leader)
  const { refused, reconnects } = workload
  const startMs = performance.now()
  for (const server of gone) server.pause()
  const unready = nodes.map(async node => {
    await until('a node is not ready', async () => !(await node.isReady()))
    return elapsed(startMs)
  })
  await until('messages are refused', () => workload.refused > refused)
  const refusedAfter = elapsed(startMs)
  const unreadyAfter = await Promise.all(unready)
  const { acked } = workload
  await pause(Math.max(500, startMs + OUTAGE_MS - performance.now()))
  assert.equal(workload.acked, acked, 'nothing is acknowledged without a quorum')
  assert.equal(workload.reconnects, reconnects, 'the sockets stay open')
  for (const server of gone) server.resume()
  await until('all nodes are ready', async () => (await Promise.all(nodes.map(node => node.isReady()))).every(Boolean))
  return [`first refusal after ${refusedAfter}, not ready after ${unreadyAfter.join(' and ')}`]
}

/** One server is killed or stands still, the leader of the stream or not. */
export const loseServer: Act = async ({ nats }, workload, round) => {
  await pause(CALM_MS)
  const leader = await nats.leader('AQ_MSG')
  const server = round % 4 < 2 ? leader : (nats.others(leader)[0] ?? leader)
  const isKilled = round % 2 === 0
  if (isKilled) await server.kill()
  else server.pause()
  const onMs = await workload.goesOn()
  await pause(OUTAGE_MS)
  if (isKilled) await server.restart()
  else server.resume()
  await nats.ready()
  return [
    `${isKilled ? 'killed' : 'paused'} the ${server === leader ? 'leader' : 'follower'}: on after ${Math.round(onMs)} ms`
  ]
}

/** The first node is cut off from all servers. */
export const cutNode: Act = async ({ cables, nodes }, workload) => {
  await pause(CALM_MS)
  const { refused } = workload
  for (const cable of cables) cable.cut()
  await until('messages are refused', () => workload.refused > refused)
  await messages(workload, 100)
  for (const cable of cables) cable.mend()
  await until('the node is ready', () => nodes[0].isReady())
  await repeatElsewhere(nodes)
  return []
}

/** What the same publisher sends again to the other node is a duplicate. */
async function repeatElsewhere(nodes: Stage['nodes']): Promise<void> {
  const clients = await Promise.all(nodes.map(({ wsUrl }) => enter(wsUrl, 'repeater')))
  const id = `arq_again-${performance.now()}`
  try {
    const answers = []
    for (const client of clients) answers.push(await insist(() => client.publish('lab:again', {}, { id })))
    assert.equal(answers[1]?.duplicate, true)
    assert.equal(answers[1]?.sequence, answers[0]?.sequence)
  } finally {
    await Promise.all(clients.map(client => client.close()))
  }
}

/** All servers, and in long runs all nodes too, are killed at once and started again. */
export const restartAll: Act = async ({ nats, nodes }, workload) => {
  await pause(CALM_MS)
  const all = isLong ? nodes : []
  await Promise.all([...nats.servers, ...all].map(one => one.kill()))
  await Promise.all(nats.servers.map(server => server.restart()))
  await nats.ready()
  await Promise.all(all.map(node => node.restart()))
  await workload.goesOn()
  return []
}
