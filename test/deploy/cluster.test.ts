import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { configKeys, loadConfig } from '../../src/config.ts'
import { isThere, readText } from '../documents/project.ts'
import { BALANCER_CONFIG, configFor } from '../support/balancer.ts'
import { findBalancerProgram } from '../support/balancer-program.ts'
import { findNatsProgram } from '../support/nats-program.ts'
import { runPromtool } from '../support/prometheus.ts'

const FOLDER = 'deploy/cluster'
const text = readText(`${FOLDER}/docker-compose.yml`)
const [, servicesText = '', networksText = '', volumesText = ''] =
  /^services:\n([\s\S]+)^networks:\n([\s\S]+)^volumes:\n([\s\S]+)$/m.exec(text) ?? []
/** Map( name -> its part of the file ) */
const services = new Map(
  servicesText
    .split(/^ {2}(?=[a-z])/m)
    .slice(1)
    .map(part => [part.slice(0, part.indexOf(':')), part] as const)
)
const nodes = ['arqonbus-1', 'arqonbus-2']
const servers = ['nats-1', 'nats-2', 'nats-3']
const balancer = readText(BALANCER_CONFIG)
const natsConfig = readText(`${FOLDER}/nats.conf`)

function listOf(service: string, key: string): string[] {
  const [, items = ''] = new RegExp(`^ {4}${key}:\\n((?: {6}- .+\\n)+)`, 'm').exec(services.get(service) ?? '') ?? []
  return [...items.matchAll(/^ {6}- "?(.+?)"?$/gm)].map(([, item = '']) => item)
}

function settingOf(service: string, key: string): string | undefined {
  return new RegExp(`^ {4,8}${key}: "?(.+?)"?$`, 'm').exec(services.get(service) ?? '')?.[1]
}

function environmentOf(service: string): Record<string, string> {
  const [, lines = ''] = /^ {4}environment:\n((?: {6}.+\n)+)/m.exec(services.get(service) ?? '') ?? []
  return Object.fromEntries([...lines.matchAll(/^ {6}(\w+): "?(.+?)"?$/gm)].map(([, key, value]) => [key, value]))
}

function milliseconds(name: string): number {
  const [, count, unit] = new RegExp(`^ *timeout ${name} (\\d+)(s|m|h)$`, 'm').exec(balancer) ?? []
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
}

/** Writes a file that is gone with the test. */
function write(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-deploy-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file')
  writeFileSync(file, content)
  return file
}

test('a balancer, two nodes, three NATS servers and Prometheus are started', () => {
  assert.deepEqual([...services.keys()], ['balancer', ...nodes, ...servers, 'prometheus'])
})

test('images are those of the other deployment, and none is the newest of whatever there is', () => {
  const single = readText('docker-compose.yml')
  for (const name of services.keys()) {
    const image = settingOf(name, 'image') ?? ''
    if (name !== 'balancer') assert.ok(single.includes(`image: ${image}\n`), image)
    if (!nodes.includes(name)) assert.match(image, /:v?\d+\.\d+/)
  }
})

test('every service that is waited for has a check of its health, and all are started again', () => {
  for (const name of services.keys()) {
    assert.equal(settingOf(name, 'restart'), 'unless-stopped', name)
    assert.deepEqual(
      listOf(name, 'depends_on').filter(other => !services.get(other)?.includes('healthcheck:')),
      []
    )
    if (name !== 'prometheus') assert.ok(services.get(name)?.includes('    healthcheck:\n'), name)
  }
})

test('only the balancer and Prometheus have ports, which are open to this machine only', () => {
  const open = [...services.keys()].filter(name => listOf(name, 'ports').length > 0)
  assert.deepEqual(open, ['balancer', 'prometheus'])
  for (const port of open.flatMap(name => listOf(name, 'ports')))
    assert.match(port, /^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/)
})

test('what is mounted exists, read-only, and what is kept is declared', () => {
  const declared = [...volumesText.matchAll(/^ {2}([a-z0-9-]+):$/gm)].map(([, name]) => name)
  const kept: string[] = []
  for (const volume of [...services.keys()].flatMap(name => listOf(name, 'volumes'))) {
    const [source = '', , mode] = volume.split(':')
    if (!source.startsWith('.')) kept.push(source)
    else {
      assert.ok(isThere(join(FOLDER, source)), source)
      assert.equal(mode, 'ro', volume)
    }
  }
  assert.deepEqual(kept, declared)
  assert.equal(new Set(kept).size, servers.length + 1)
})

test('nodes differ in their name only, and their settings are known and good', () => {
  const [one, two] = nodes.map(environmentOf)
  assert.deepEqual({ ...one, ARQONBUS_NODE_NAME: '' }, { ...two, ARQONBUS_NODE_NAME: '' })
  const known = new Set(configKeys.flatMap(({ env }) => env))
  for (const [index, name] of nodes.entries()) {
    const env = environmentOf(name)
    assert.equal(env.ARQONBUS_NODE_NAME, nodes[index])
    for (const variable of Object.keys(env)) assert.ok(known.has(variable), variable)
    const { config, warnings } = loadConfig({ env })
    assert.deepEqual(warnings, [])
    assert.deepEqual([config.broker, config.natsReplicas], ['nats', String(servers.length)])
    assert.deepEqual(
      config.natsUrl.split(',').map(url => new URL(url).hostname),
      servers
    )
  }
})

test('the nodes trust the address of the balancer and no other', () => {
  const address = settingOf('balancer', 'ipv4_address') ?? ''
  const [, subnet = ''] = /subnet: ([\d.]+)\.0\/24/.exec(networksText) ?? []
  assert.ok(address.startsWith(`${subnet}.`))
  for (const name of nodes) assert.deepEqual(loadConfig({ env: environmentOf(name) }).config.trustProxy, [address])
})

test('nodes are given more time for their end than they take', () => {
  const { drainTimeoutMs } = loadConfig({ env: {} }).config
  for (const name of nodes) {
    const [, seconds] = /^(\d+)s$/.exec(settingOf(name, 'stop_grace_period') ?? '') ?? []
    assert.ok(Number(seconds) * 1_000 > drainTimeoutMs + 4_000)
  }
})

test('the balancer parses its configuration, sends to both nodes, ties nobody to one and asks whether they are ready', t => {
  const { path, env } = findBalancerProgram()
  const file = write(t, configFor(20_000, [20_001, 20_002]))
  const { status, stderr } = spawnSync(path, ['-c', '-f', file], { env: { ...process.env, ...env }, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.doesNotMatch(stderr, /WARNING|ALERT/)
  const { port } = loadConfig({ env: {} }).config
  const targets = [...balancer.matchAll(/^ {2}server (\S+) (\S+)$/gm)].map(([, name, target]) => [name, target])
  assert.deepEqual(
    targets,
    nodes.map(name => [name, `${name}:${port}`])
  )
  assert.ok(listOf('balancer', 'ports').every(one => one.endsWith(`:${port}`)))
  assert.match(balancer, /^ {2}http-check send meth GET uri \/ready$/m)
  assert.doesNotMatch(balancer, /^ *(cookie|stick|balance source|balance uri)/m)
})

test('the balancer waits longer for silent sockets than the nodes do', () => {
  const { pingIntervalMs, pongTimeoutMs } = loadConfig({ env: {} }).config
  assert.ok(milliseconds('tunnel') > 10 * (pingIntervalMs + pongTimeoutMs))
})

test('the NATS servers parse their configuration, are one cluster and keep what they store on their own volume', t => {
  const file = write(t, natsConfig)
  const { status, stderr } = spawnSync(findNatsProgram().path, ['-t', '-c', file], {
    env: { ...process.env, NATS_NAME: 'nats-1' },
    encoding: 'utf8'
  })
  assert.equal(status, 0, stderr)
  const [, routes = ''] = /^ {2}routes: \[(.+)\]$/m.exec(natsConfig) ?? []
  assert.deepEqual(
    routes.split(', '),
    servers.map(name => `nats://${name}:6222`)
  )
  const [, folder] = /^ {2}store_dir: (\S+)$/m.exec(natsConfig) ?? []
  for (const name of servers) {
    assert.deepEqual(environmentOf(name), { NATS_NAME: name })
    assert.deepEqual(listOf(name, 'volumes'), ['./nats.conf:/etc/nats/nats.conf:ro', `${name}-data:${folder}`])
    assert.match(services.get(name) ?? '', /command: \["--config", "\/etc\/nats\/nats\.conf"\]/)
  }
})

test('the NATS servers have room for the history that the nodes keep', () => {
  const [, gigabytes] = /^ {2}max_file_store: (\d+)GB$/m.exec(natsConfig) ?? []
  for (const name of nodes) {
    const { maxHistoryTotalBytes } = loadConfig({ env: environmentOf(name) }).config
    assert.ok(Number(gigabytes) * 1e9 > 2 * maxHistoryTotalBytes)
  }
})

test('Prometheus asks each node where operators do, and knows the alerts', () => {
  const path = `${FOLDER}/prometheus.yml`
  const { status, output } = runPromtool(['check', 'config', path])
  assert.equal(status, 0, output)
  assert.match(output, /1 rule files found/)
  const { httpPort } = loadConfig({ env: {} }).config
  assert.ok(readText(path).includes(`targets: [${nodes.map(name => `"${name}:${httpPort}"`).join(', ')}]`))
  const [, config] = /--config\.file=([^"]+)"/.exec(services.get('prometheus') ?? '') ?? []
  const [mount = ''] = listOf('prometheus', 'volumes')
  const [, inside = ''] = mount.split(':')
  assert.equal(config, join(inside, 'cluster/prometheus.yml'))
  assert.ok(mount.startsWith('..:'))
})
