import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pinned, serverCore } from './cores.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const readyMs = 20_000
const keptLogCharacters = 4000

// Everything in these scenarios comes from one address at a rate that the defaults are there to refuse.
const raisedLimits = {
  ARQONBUS_HANDSHAKES_PER_SECOND: '1000000',
  ARQONBUS_MAX_CONNECTIONS: '20000',
  ARQONBUS_MAX_CONNECTIONS_PER_IP: '20000',
  ARQONBUS_MAX_CONNECTIONS_PER_TENANT: '20000',
  ARQONBUS_PUBLISH_BURST: '1000000',
  ARQONBUS_PUBLISH_PER_SECOND: '1000000',
  LOG_LEVEL: 'warn'
}

const arqonbus = {
  dialect: 'plain',
  portCount: 3,
  args: ([port, telemetryPort, httpPort]) => [
    join(here, '../dist/src/main.js'),
    ...['--port', port, '--telemetry-port', telemetryPort, '--http-port', httpPort].map(String)
  ],
  env: secret => ({
    ...raisedLimits,
    ...(secret && { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: secret })
  })
}

const peer = (file, dialect) => ({
  dialect,
  portCount: 1,
  args: ([port]) => [join(here, 'peers', file), '--port', String(port)],
  env: () => ({})
})

/** Map of name -> how to start and address it. `acks` asks for an acknowledgement of every message. */
export const servers = {
  arqonbus: { ...arqonbus, acks: false },
  'arqonbus-acks': { ...arqonbus, acks: true },
  'naive-ws': { ...peer('naive-ws.mjs', 'plain'), acks: false },
  socketio: { ...peer('socketio.mjs', 'socketio'), acks: false }
}

/** Acknowledgements are a question for the flow in a closed loop; elsewhere they would only repeat the other row. */
export const answers = (server, scenario) => !server.acks || scenario.inFlight !== undefined

/** Ports that were free a moment ago. */
async function freePorts(count) {
  const held = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(held.map(server => new Promise(resolve => server.once('listening', resolve))))
  const ports = held.map(server => server.address().port)
  await Promise.all(held.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** The environment of the caller without settings that would make two runs differ. */
function neutralEnv() {
  const isNeutral = ([name]) => !name.startsWith('ARQONBUS_') && !['LOG_LEVEL', 'NODE_OPTIONS'].includes(name)
  return { ...Object.fromEntries(Object.entries(process.env).filter(isNeutral)), NODE_ENV: 'production' }
}

async function isReady(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200
  } catch {
    return false
  }
}

/** Starts a server on free ports, pinned to its core; resolves when `GET /ready` says 200. `stop` kills it. */
export async function startServer(server, secret) {
  const ports = await freePorts(server.portCount)
  const [command, ...args] = pinned(serverCore, [process.execPath, ...server.args(ports)])
  const child = spawn(command, args, {
    env: { ...neutralEnv(), ...server.env(secret) },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const closed = new Promise(resolve => child.once('close', resolve))
  const stop = async () => {
    process.removeListener('exit', kill)
    kill()
    await closed
  }
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let log = ''
  const keep = chunk => {
    log = (log + chunk).slice(-keptLogCharacters)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)

  const deadline = performance.now() + readyMs
  while (!(await isReady(ports[0]))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`the server did not become ready (exit code ${child.exitCode ?? 'none'})\n${log}`)
    }
    await sleep(50)
  }
  return { pid: child.pid, port: ports[0], log: () => log, stop }
}
