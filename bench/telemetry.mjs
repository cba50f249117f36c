// npm run build && node bench/telemetry.mjs [--rounds N --quick]

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { Histogram } from './load/histogram.mjs'
import { servers, startServer } from './servers.mjs'
import { spread } from './statistics.mjs'

const stoppedCount = 10
const messagesPerSecond = 2_000
const stepMs = 5

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } }
})
const rounds = Number(options.rounds ?? (options.quick ? 2 : 7))
const roundMs = options.quick ? 1_000 : 5_000

/** An open WebSocket; what comes goes to `take` as text. */
function open(url, take = () => {}) {
  const socket = new WebSocket(url)
  socket.on('message', data => take(data.toString()))
  return new Promise((resolve, reject) => socket.once('open', () => resolve(socket)).once('error', reject))
}

/** Publishes at a steady rate for one round. Resolves with the times from publishing to acknowledgement. */
async function measure(publisher, acknowledged) {
  const histogram = new Histogram()
  const sentAt = new Map()
  acknowledged.take = id => {
    histogram.record((performance.now() - sentAt.get(id)) * 1000)
    sentAt.delete(id)
  }
  const startMs = performance.now()
  let count = 0
  while (performance.now() - startMs < roundMs) {
    const due = ((performance.now() - startMs) * messagesPerSecond) / 1000
    for (; count < due; count++) {
      const id = `arq_${startMs.toFixed(0)}.${count}`
      sentAt.set(id, performance.now())
      publisher.send(
        JSON.stringify({ type: 'message', id, room: 'lab', channel: 'bench', ack: true, payload: { count } })
      )
    }
    await sleep(stepMs)
  }
  while (sentAt.size > 0) await sleep(stepMs)
  return { p50Ms: histogram.quantileMs(0.5), p99Ms: histogram.quantileMs(0.99), count }
}

/** Keeps a room busy with joins and leaves, each of them two events, so that the watchers have something to miss. */
function stir(client) {
  const timer = setInterval(() => {
    for (const command of ['join_channel', 'leave_channel']) {
      client.send(JSON.stringify({ type: 'command', command, args: { channel_id: 'lab:stir' } }))
    }
  }, 50)
  return () => clearInterval(timer)
}

const server = await startServer(servers.arqonbus)
const { endpoints } = await (await fetch(`http://127.0.0.1:${server.port}/status`)).json()
const acknowledged = { take: () => {} }
const publisher = await open(`ws://127.0.0.1:${server.port}/ws`, text => {
  const [, id] = /^\{"id":"([^"]+)","type":"message_response"/.exec(text) ?? []
  if (id) acknowledged.take(id)
})
const member = await open(`ws://127.0.0.1:${server.port}/ws?room=lab&channel=bench`)
const calm = stir(member)
await measure(publisher, acknowledged)

const results = { 0: [], [stoppedCount]: [] }
for (let round = 0; round < rounds; round++) {
  const order = round % 2 === 0 ? [0, stoppedCount] : [stoppedCount, 0]
  for (const count of order) {
    const watchers = await Promise.all(Array.from({ length: count }, () => open(endpoints.telemetry)))
    for (const watcher of watchers) watcher.pause()
    results[count].push(await measure(publisher, acknowledged))
    for (const watcher of watchers) watcher.terminate()
  }
}
calm()

const show = (figures, digits) => {
  const { median, min, max } = spread(figures)
  return `${median.toFixed(digits)} (${min.toFixed(digits)}..${max.toFixed(digits)})`
}
console.log(
  `\n${messagesPerSecond} messages/s, ${rounds} rounds of ${roundMs / 1000} s each in turn; from publish to acknowledgement:\n`
)
console.log('| stopped telemetry clients | messages | p50 ms | p99 ms |\n| --- | --- | --- | --- |')
for (const [count, made] of Object.entries(results)) {
  const sum = made.reduce((total, one) => total + one.count, 0)
  console.log(
    `| ${count} | ${sum} | ${show(
      made.map(one => one.p50Ms),
      2
    )} | ${show(
      made.map(one => one.p99Ms),
      2
    )} |`
  )
}
publisher.terminate()
member.terminate()
await server.stop()
