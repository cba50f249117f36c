// npm run bench:cluster [-- --quick --runs N --seconds N]
import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureDelivery, measurePublishing, measureRecovery, sizes } from './cluster/measures.mjs'
import { canReplicate, findNats, startNats } from './cluster/nats.mjs'
import { isPinned } from './cores.mjs'
import { servers, startServer } from './servers.mjs'
import { ratio, spread } from './statistics.mjs'

function fail(sentence) {
  console.error(`bench: ${sentence}`)
  process.exit(2)
}

if (!existsSync(new URL('../dist/src/main.js', import.meta.url))) fail('run "npm run build" first')
const nats = findNats() ?? fail('there is no nats-server: set NATS_SERVER, or run the tests once, which fetch one')

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' }, seconds: { type: 'string' } }
})
const runs = Number(options.runs ?? (options.quick ? 1 : 5))
const seconds = Number(options.seconds ?? (options.quick ? 1 : 4))

/** Two nodes on so many NATS servers, each message on all of them. */
async function startCluster(count) {
  const cluster = await startNats(nats, count)
  const env = {
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: cluster.urls.join(','),
    ARQONBUS_NATS_REPLICAS: String(count),
    ARQONBUS_MAX_HISTORY_TOTAL_BYTES: '1073741824'
  }
  const node = { ...servers.arqonbus, env: () => ({ ...servers.arqonbus.env(), ...env }) }
  const nodes = []
  const stop = async () => {
    for (const { stop } of [...nodes, cluster]) await stop()
  }
  try {
    for (let index = 0; index < 2; index++) nodes.push(await startServer(node))
  } catch (error) {
    await stop()
    throw error
  }
  return { ports: nodes.map(({ port }) => port), counts: cluster.counts, stop }
}

async function startAlone() {
  const { port, stop } = await startServer(servers.arqonbus)
  return { ports: [port, port], counts: async () => ({ requests: 0, messages: 0 }), stop }
}

const engines = {
  memory: startAlone,
  'NATS, one server': () => startCluster(1),
  ...(canReplicate(nats) && { 'NATS, three servers': () => startCluster(3) })
}

async function measure(start, run) {
  const { ports, counts, stop } = await start()
  try {
    const delivery = await measureDelivery(ports, seconds, `delivery-${run}`)
    const single = await measurePublishing(ports, 1, seconds, `single-${run}`)
    const all = await measurePublishing(ports, sizes.connections, seconds, `all-${run}`)
    return { ...delivery, single, all, ...(await measureRecovery(ports, `recovery-${run}`, counts)) }
  } finally {
    await stop()
  }
}

const { clients, channels, missed, perSecond, inFlight, connections } = sizes
const rows = [
  [`publish to deliver, ${perSecond}/s, p50 ms`, result => result.p50Ms, 2],
  ['the same, p99 ms', result => result.p99Ms, 2],
  [`acknowledged/s, 1 connection, ${inFlight} in flight`, result => result.single, 0],
  [`acknowledged/s, ${connections} connections, ${inFlight} in flight each`, result => result.all, 0],
  [`${clients} clients come to a node that did not have their channels, s`, result => result.cold.seconds, 2],
  ['meanwhile: joins refused and sent again', result => result.cold.refusals, 0],
  ['meanwhile: requests to the API of JetStream', result => result.cold.requests, 0],
  ['meanwhile: messages into NATS', result => result.cold.messages, 0],
  [`${clients} clients come to a node that has them, s`, result => result.warm.seconds, 2],
  ['meanwhile: joins refused and sent again', result => result.warm.refusals, 0],
  ['meanwhile: requests to the API of JetStream', result => result.warm.requests, 0],
  ['meanwhile: messages into NATS', result => result.warm.messages, 0]
]

const number = (value, digits) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

function cell({ median, min, max }, digits) {
  const range = min === max ? '' : ` (${number(min, digits)}..${number(max, digits)})`
  return number(median, digits) + range
}

const results = Object.fromEntries(Object.keys(engines).map(name => [name, []]))
const loadBefore = loadavg()[0].toFixed(2)
for (let run = 0; run < runs; run++) {
  for (const [name, start] of Object.entries(engines)) {
    console.error(`bench: run ${run + 1} of ${runs}: ${name}`)
    results[name].push(await measure(start, run))
  }
}

console.log(
  `nats-server ${nats.version}; two nodes, with the memory broker one; ${runs} run(s), medians (lowest..highest), × is the median of the ratios to memory;\n` +
    `${isPinned ? 'nodes share core 0, NATS and the generator core 1' : 'not pinned to cores'}; texts of 256 bytes; ` +
    `${clients} clients are in ${channels} channels and have missed ${missed} messages each; load before ${loadBefore}\n`
)
const [own, ...others] = Object.keys(engines)
console.log(`| what | ${[own, ...others.flatMap(name => [name, '×'])].join(' | ')} |`)
console.log(`|---|${'---|'.repeat(1 + 2 * others.length)}`)
for (const [title, figure, digits] of rows) {
  const cells = others.flatMap(name => {
    const times = ratio(results[name], results[own], figure)
    return [cell(spread(results[name].map(figure)), digits), times === null ? '–' : cell(times, 1)]
  })
  console.log(`| ${title} | ${[cell(spread(results[own].map(figure)), digits), ...cells].join(' | ')} |`)
}
console.log(
  '\nRequests are api.total of /jsz: making and removing consumers, but not reading single messages. Messages are in_msgs of /varz: everything ' +
    'that\nthe nodes send, reads of single messages among it, and with three servers what these send each other.'
)
