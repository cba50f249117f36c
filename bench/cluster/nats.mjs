import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { generatorCore, pinned } from '../cores.mjs'

const readyMs = 20_000
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))

/** The nats-server that NATS_SERVER names, else the newest of those on the path and those that the tests have fetched; null without any. */
export function findNats() {
  const names = process.env.NATS_SERVER
    ? [process.env.NATS_SERVER]
    : ['nats-server', ...['nats-trixie', 'nats'].map(folder => join(cache, folder, 'usr/sbin/nats-server'))]
  const found = names.flatMap(path => {
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    const [, version] = /v(\d+\.\d+\.\d+)/.exec(status === 0 ? stdout : '') ?? []
    return version ? [{ path, version }] : []
  })
  return found.sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))[0] ?? null
}

/** Whether that server can keep each message three times. */
export const canReplicate = ({ version }) => version.localeCompare('2.10.0', 'en', { numeric: true }) >= 0

async function freePorts(count) {
  const held = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(held.map(server => new Promise(resolve => server.once('listening', resolve))))
  const ports = held.map(server => server.address().port)
  await Promise.all(held.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

const read = async url => (await fetch(url)).json()

async function isReady(monitor) {
  try {
    return (await fetch(`${monitor}/healthz`)).ok && (await read(`${monitor}/jsz`)).server_id !== undefined
  } catch {
    return false
  }
}

/** Starts one NATS server, or three that are one cluster, on the generator's core. `counts` reads what they count of themselves. */
export async function startNats({ path }, count) {
  const ports = await freePorts(3 * count)
  const routes = ports.slice(2 * count).map(port => `nats://127.0.0.1:${port}`)
  const folders = routes.map(() => mkdtempSync(join(tmpdir(), 'arqonbus-bench-')))
  const monitors = ports.slice(count, 2 * count).map(port => `http://127.0.0.1:${port}`)
  const children = folders.map((folder, index) => {
    const alone = ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', ports[index], '-m', ports[count + index]]
    const together = ['-n', `nats-${index}`, '--cluster_name', 'bench', '--no_advertise']
    const routed = ['--cluster', routes[index], '--routes', routes.join(',')]
    const options = [...alone, ...(count > 1 ? [...together, ...routed] : [])].map(String)
    const [command, ...args] = pinned(generatorCore, [path, ...options])
    return spawn(command, args, { stdio: 'ignore' })
  })
  const kill = () => children.forEach(child => void child.kill('SIGKILL'))
  process.once('exit', kill)
  const stop = async () => {
    process.removeListener('exit', kill)
    const closed = children.map(child => child.exitCode ?? new Promise(resolve => child.once('close', resolve)))
    kill()
    await Promise.all(closed)
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + readyMs
  while (!(await Promise.all(monitors.map(isReady))).every(Boolean)) {
    if (performance.now() > deadline) {
      await stop()
      throw new Error('nats-server did not become ready')
    }
    await sleep(100)
  }
  return {
    urls: ports.slice(0, count).map(port => `nats://127.0.0.1:${port}`),
    stop,
    async counts() {
      const states = await Promise.all(monitors.map(async url => [await read(`${url}/jsz`), await read(`${url}/varz`)]))
      const sum = of => states.reduce((total, state) => total + of(state), 0)
      return { requests: sum(([jsz]) => jsz.api.total), messages: sum(([, varz]) => varz.in_msgs) }
    }
  }
}
