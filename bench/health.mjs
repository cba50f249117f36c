// npm run bench:health [-- --quick --runs N --seconds N]
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { generatorCore, isPinned, pinned, serverCore } from './cores.mjs'
import { servers, startServer } from './servers.mjs'
import { spread } from './statistics.mjs'

const warmUpSeconds = 1
const publishers = 4
const members = 20
const inFlight = 16
const address = { room: 'bench', channel: 'health' }
const text = 'x'.repeat(256)
const pauseMs = 5

if (!existsSync(new URL('../dist/src/main.js', import.meta.url))) {
  console.error('bench: run "npm run build" first')
  process.exit(2)
}

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' }, seconds: { type: 'string' } }
})
const runs = Number(options.runs ?? (options.quick ? 1 : 5))
const seconds = Number(options.seconds ?? (options.quick ? 2 : 5))

async function connect(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

/** Members, and publishers of whom each has always so many messages in flight. Returns how to end them. */
async function publishToMembers(port) {
  const sockets = await Promise.all(Array.from({ length: members + publishers }, () => connect(port)))
  const join = { type: 'command', command: 'join_channel', args: { channel_id: `${address.room}:${address.channel}` } }
  for (const member of sockets.slice(publishers)) member.send(JSON.stringify(join))
  const message = JSON.stringify({ type: 'message', ...address, payload: { text }, ack: true })
  for (const publisher of sockets.slice(0, publishers)) {
    publisher.on('message', data => {
      if (data.includes('"message_response"')) publisher.send(message)
    })
    for (let count = 0; count < inFlight; count++) publisher.send(message)
  }
  return () => {
    for (const socket of sockets) socket.terminate()
  }
}

/** One process for each core that does nothing but arithmetic. Returns how to end them. */
function burn() {
  const children = [serverCore, generatorCore].map(core => {
    const [command, ...args] = pinned(core, [process.execPath, '-e', 'for (;;) Math.sqrt(Math.random())'])
    return spawn(command, args, { stdio: 'ignore' })
  })
  const kill = () => children.forEach(child => void child.kill('SIGKILL'))
  process.once('exit', kill)
  return () => {
    process.removeListener('exit', kill)
    kill()
  }
}

/** Milliseconds from the question to the end of the answer. */
function ask(port, agent) {
  const startMs = performance.now()
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/health', agent }, response => {
      if (response.statusCode !== 200) reject(new Error(`/health answered ${response.statusCode}`))
      response.resume().once('end', () => resolve(performance.now() - startMs))
    }).once('error', reject)
  })
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

async function measure(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await sleep(warmUpSeconds * 1000)
  const delays = []
  for (const endMs = performance.now() + seconds * 1000; performance.now() < endMs; await sleep(pauseMs)) {
    delays.push(await ask(port, agent))
  }
  agent.destroy()
  delays.sort((a, b) => a - b)
  return { p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99), maxMs: delays.at(-1), answers: delays.length }
}

const loads = {
  'nothing else': async () => () => {},
  [`${publishers} publishers, ${members} members`]: publishToMembers,
  'the same, and both cores burnt': async port => {
    const endings = [await publishToMembers(port), burn()]
    return () => endings.forEach(end => void end())
  }
}

const results = Object.fromEntries(Object.keys(loads).map(name => [name, []]))
const loadBefore = loadavg()[0].toFixed(2)
const running = await startServer(servers.arqonbus)
try {
  for (let run = 0; run < runs; run++) {
    for (const [name, start] of Object.entries(loads)) {
      console.error(`bench: run ${run + 1} of ${runs}: ${name}`)
      const end = await start(running.port)
      results[name].push(await measure(running.port))
      end()
      await sleep(500)
    }
  }
} finally {
  await running.stop()
}

const figure = (name, key, digits) => {
  const { median, min, max } = spread(results[name].map(result => result[key]))
  return `${median.toFixed(digits)} (${min.toFixed(digits)}..${max.toFixed(digits)})`
}
console.log(
  `GET /health, one at a time for ${seconds} s, ${runs} run(s), medians (min..max); ` +
    `${isPinned ? 'server on core 0' : 'not pinned to cores'}, load before ${loadBefore}\n`
)
console.log('| beside it | p50 ms | p99 ms | max ms | answers |\n|---|---|---|---|---|')
for (const name of Object.keys(loads)) {
  const cells = ['p50Ms', 'p99Ms', 'maxMs'].map(key => figure(name, key, 2))
  console.log(`| ${name} | ${cells.join(' | ')} | ${figure(name, 'answers', 0)} |`)
}
