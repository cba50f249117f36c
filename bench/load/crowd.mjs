import { setTimeout as sleep } from 'node:timers/promises'
import { Connections } from './connections.mjs'
import { Histogram } from './histogram.mjs'
import { openWindow, residentKb } from './usage.mjs'

const manyAddresses = count =>
  Array.from({ length: count }, (_, index) => ({ room: `bench-${index % 50}`, channel: 'main' }))

/** Connects and closes some connections first, so that loading code is not charged to the measured ones. */
async function warmUp(connections, count) {
  await connections.openAll(manyAddresses(count))
  connections.closeAll()
  await sleep(1000)
}

/** Memory of connections that are in rooms and silent. */
export async function measureIdle(job) {
  const { connections: count, seconds } = job.scenario
  const connections = new Connections(job)
  await warmUp(connections, 50)
  const beforeKb = residentKb(job.serverPid)
  await connections.openAll(manyAddresses(count))
  const closeWindow = openWindow(job.serverPid)
  await sleep(seconds * 1000)
  const residentKbPerConnection = (residentKb(job.serverPid) - beforeKb) / count
  return { generatorShare: closeWindow().generatorShare, residentKbPerConnection, notes: connections.faults() }
}

/** Connects as fast as the server accepts, 50 at a time; latency is from the first byte sent to the greeting. */
export async function measureStorm(job) {
  const { connections: count } = job.scenario
  const connections = new Connections(job)
  await warmUp(connections, 200)
  const latencies = new Histogram()
  const startMs = performance.now()
  const closeWindow = openWindow(job.serverPid)
  await connections.openAll(manyAddresses(count), ms => latencies.record(ms * 1000))
  const elapsedMs = performance.now() - startMs
  return {
    ...closeWindow(),
    ...latencies.summary(),
    deliveries: count,
    notes: connections.faults(),
    perSecond: count / (elapsedMs / 1000)
  }
}
