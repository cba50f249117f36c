// npm run bench:webhooks [-- --quick --runs N --seconds N --rate N]
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { isPinned } from './cores.mjs'
import { openWindow } from './load/usage.mjs'
import { servers, startServer } from './servers.mjs'
import { spread } from './statistics.mjs'

const rules = 50
const warmUpSeconds = 1
const address = { room: 'bench', channel: 'webhooks' }
const text = 'x'.repeat(256)

if (!existsSync(new URL('../dist/src/main.js', import.meta.url))) {
  console.error('bench: run "npm run build" first')
  process.exit(2)
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
    runs: { type: 'string' },
    seconds: { type: 'string' }
  }
})
const runs = Number(options.runs ?? (options.quick ? 1 : 5))
const seconds = Number(options.seconds ?? (options.quick ? 2 : 5))
const rate = Number(options.rate)

/** A server that takes every request and answers none. */
async function openSink() {
  const sink = createServer(request => request.resume()).listen(0, '127.0.0.1')
  await new Promise(resolve => sink.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${sink.address().port}/`,
    close() {
      sink.closeAllConnections()
      sink.close()
    }
  }
}

/** A client that knows for each id who waits for its answer. */
async function connect(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  const waiting = new Map()
  socket.on('message', data => {
    const frame = JSON.parse(data)
    const id = frame.request_id ?? frame.id
    waiting.get(id)?.(frame, performance.now())
    waiting.delete(id)
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let sent = 0
  return {
    /** Calls `answered` with the answer and the time at which it came. */
    send(frame, answered) {
      const id = `arq_bench-${++sent}`
      waiting.set(id, answered)
      socket.send(JSON.stringify({ ...frame, id }))
    },
    async command(command, args) {
      const answer = await new Promise(resolve => this.send({ type: 'command', command, args }, resolve))
      if (answer.status !== 'success') throw new Error(`${command}: ${answer.error}`)
      return answer.payload.data
    },
    close: () => socket.terminate()
  }
}

/** Publishes on schedule, whatever the server does, and returns the milliseconds until each acknowledgement. */
async function publish(client, forSeconds) {
  const count = forSeconds * rate
  const delays = []
  await new Promise((resolve, reject) => {
    const startMs = performance.now()
    let sent = 0
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - startMs) * rate) / 1000))
      for (; sent < due; sent++) {
        const sentMs = performance.now()
        client.send({ type: 'message', ...address, payload: { text }, ack: true }, (frame, nowMs) => {
          if (frame.status !== 'success') reject(new Error(frame.error))
          if (delays.push(nowMs - sentMs) === count) resolve()
        })
      }
      if (sent === count) clearInterval(timer)
    }, 1)
  })
  return delays
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

async function measure(client, pid) {
  await publish(client, warmUpSeconds)
  const endWindow = openWindow(pid)
  const delays = (await publish(client, seconds)).sort((a, b) => a - b)
  const { cpuSeconds } = endWindow()
  return {
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    maxMs: delays.at(-1),
    cpuMicroseconds: (cpuSeconds / delays.length) * 1e6
  }
}

async function register(client, url) {
  for (let count = 0; count < rules; count++) await client.command('op.webhook.register', { url, timeout_seconds: 2 })
}

async function unregisterAll(client) {
  // Commands have a rate.
  await sleep(1_000)
  for (const { rule_id } of (await client.command('op.webhook.list', {})).rules) {
    await client.command('op.webhook.unregister', { rule_id })
  }
  await sleep(1_000)
}

const server = {
  ...servers['arqonbus-acks'],
  env: () => ({
    ...servers['arqonbus-acks'].env(),
    ARQONBUS_MAX_WEBHOOKS_PER_CLIENT: String(rules),
    // None is to rest: every message meets every rule.
    ARQONBUS_WEBHOOK_BREAKER_FAILURES: '10000'
  })
}

const results = { 'no webhooks': [], [`${rules} webhooks that hang`]: [] }
const [without, hanging] = Object.keys(results)
const loadBefore = loadavg()[0].toFixed(2)
const sink = await openSink()
const running = await startServer(server)
try {
  const client = await connect(running.port)
  for (let run = 0; run < runs; run++) {
    // The two take turns in going first, so that a drift of the machine favours none.
    for (const name of run % 2 === 0 ? [without, hanging] : [hanging, without]) {
      console.error(`bench: run ${run + 1} of ${runs}: ${name}`)
      if (name === hanging) await register(client, sink.url)
      results[name].push(await measure(client, running.pid))
      if (name === hanging) await unregisterAll(client)
    }
  }
  client.close()
} finally {
  await running.stop()
  sink.close()
}

const figure = (name, key) => {
  const { median, min, max } = spread(results[name].map(result => result[key]))
  return `${median.toFixed(2)} (${min.toFixed(2)}..${max.toFixed(2)})`
}
console.log(
  `${rate} messages/s of ${text.length} characters for ${seconds} s, ${runs} run(s), medians (min..max); ` +
    `${isPinned ? 'server on core 0' : 'not pinned to cores'}, load before ${loadBefore}\n`
)
console.log(
  '| from publish to acknowledgement | p50 ms | p99 ms | max ms | server CPU µs/message |\n|---|---|---|---|---|'
)
for (const name of [without, hanging]) {
  const cells = ['p50Ms', 'p99Ms', 'maxMs', 'cpuMicroseconds'].map(key => figure(name, key))
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
