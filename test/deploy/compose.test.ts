import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsOf } from '../documents/markdown.ts'
import { isThere, readText } from '../documents/project.ts'

interface Service {
  readonly image: string
  /** As they are inside. */
  readonly ports: readonly string[]
  readonly volumes: readonly string[]
}

const text = readText('docker-compose.yml')
const [, servicesText = '', volumesText = ''] = /^services:\n([\s\S]+)^volumes:\n([\s\S]+)$/m.exec(text) ?? []
const services = new Map(
  servicesText
    .split(/^ {2}(?=[a-z])/m)
    .slice(1)
    .map(part => [part.slice(0, part.indexOf(':')), readService(part)] as const)
)

function readService(part: string): Service {
  const list = (key: string): string[] => {
    const [, items = ''] = new RegExp(`^ {4}${key}:\\n((?: {6}- .+\\n)+)`, 'm').exec(part) ?? []
    return [...items.matchAll(/^ {6}- "?(.+?)"?$/gm)].map(([, item = '']) => item)
  }
  return {
    image: /^ {4}image: (\S+)$/m.exec(part)?.[1] ?? '',
    ports: list('ports'),
    volumes: list('volumes')
  }
}

test('the bus, NATS, Prometheus and Grafana are started', () => {
  assert.deepEqual([...services.keys()], ['arqonbus', 'nats', 'prometheus', 'grafana'])
})

test('docs/metrics.md names the image, the ports and the volumes of every service', () => {
  const rows = rowsOf(readText('docs/metrics.md')).filter(([first = '']) => services.has(first.replaceAll('`', '')))
  const expected = [...services].map(([name, { image, ports, volumes }]) => [
    `\`${name}\``,
    `\`${image}\``,
    ports.map(port => port.split(':').at(-1)).join(', '),
    volumes.map(volume => `\`${volume}\``).join(', ')
  ])
  assert.deepEqual(rows, expected)
})

test('every port is open to this machine only', () => {
  for (const { ports } of services.values())
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+|\$\{[A-Z]+_PORT:-\d+\}):\d+$/)
})

test('what is mounted exists, read-only, and what is kept is declared', () => {
  const declared = [...volumesText.matchAll(/^ {2}([a-z-]+):$/gm)].map(([, name]) => name)
  const kept: string[] = []
  for (const volume of [...services.values()].flatMap(({ volumes }) => volumes)) {
    const [source = '', , mode] = volume.split(':')
    if (!source.startsWith('./')) kept.push(source)
    else {
      assert.ok(isThere(source), source)
      assert.equal(mode, 'ro', volume)
    }
  }
  assert.deepEqual(kept, declared)
})

test('no image is the newest of whatever there is', () => {
  for (const [name, { image }] of services) if (name !== 'arqonbus') assert.match(image, /:v?\d+\.\d+/)
})

test('Prometheus reads the configuration that is mounted, and finds the bus where operators do', () => {
  assert.ok(isThere('deploy/prometheus/prometheus.yml'))
  assert.match(readText('deploy/prometheus/prometheus.yml'), /targets: \["arqonbus:8080"\]/)
  assert.ok(services.get('prometheus')?.volumes.includes('./deploy/prometheus:/etc/prometheus:ro'))
})
