import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { configKeys, fileNameOf, loadConfig } from '../../src/config.ts'
import { preflight } from '../../src/preflight.ts'
import { readText } from '../documents/project.ts'
import { startServer } from '../helper.ts'

const read = (name: string): string => readText(`deploy/kubernetes/${name}.yaml`)
const deployment = read('deployment')
const settings = Object.fromEntries(
  [...read('configmap').matchAll(/^ {2}(ARQONBUS_\w+): "?(.*?)"?$/gm)].map(([, key = '', value = '']) => [key, value])
)
const defaultOf = (name: string): unknown => configKeys.find(key => key.name === name)?.default
/** The values of a key, wherever it stands. */
const valuesOf = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`^ *(?:- )?${key}: "?(.+?)"?$`, 'gm'))].map(([, value = '']) => value)

/** The configuration of the pod, with its secret in a file of this machine. */
function podConfig(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-pod-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'jwt-secret')
  writeFileSync(file, randomBytes(32).toString('hex'))
  return loadConfig({ env: { ...settings, ARQONBUS_AUTH_JWT_SECRET_FILE: file, ARQONBUS_NODE_NAME: 'arqonbus-abc' } })
}

test('every variable is known', () => {
  const known = new Set(configKeys.flatMap(key => [...key.env, ...(key.file ? key.env.map(fileNameOf) : [])]))
  const names = [...Object.keys(settings), ...(deployment.match(/ARQONBUS_\w+/g) ?? [])]
  assert.ok(names.length > 10)
  for (const name of names) assert.ok(known.has(name), name)
})

test('the settings may run in production', t => {
  const { config, warnings } = podConfig(t)
  assert.deepEqual(warnings, [])
  assert.equal(config.environment, 'prod')
  assert.deepEqual(preflight(config, { nodeVersion: process.version }), [])
})

test('the ports of pod and services are those that the server listens on', t => {
  const { config } = podConfig(t)
  const ports = [config.port, config.telemetryPort, config.httpPort]
  assert.deepEqual(ports, ['port', 'telemetryPort', 'httpPort'].map(defaultOf))
  assert.deepEqual(valuesOf(deployment, 'containerPort').map(Number), ports)
  assert.deepEqual(valuesOf(read('service'), 'port').map(Number), ports)
  assert.deepEqual(valuesOf(read('service'), 'targetPort'), ['bus', 'telemetry', 'ops'])
  assert.deepEqual(valuesOf(deployment, 'prometheus.io/port'), [String(config.httpPort)])
  for (const host of [config.host, config.telemetryHost, config.httpHost]) assert.equal(host, '0.0.0.0')
})

test('the probes are answered on the public port, also when that answers nothing else', async t => {
  const paths = valuesOf(deployment, 'path')
  assert.deepEqual(paths, ['/health', '/health', '/ready'])
  assert.deepEqual(valuesOf(deployment, 'port'), ['bus', 'bus', 'bus'])
  const server = await startServer(t, { ARQONBUS_PUBLIC_OPS: settings.ARQONBUS_PUBLIC_OPS ?? '' })
  for (const path of paths) assert.equal((await fetch(server.httpUrl + path)).status, 200, path)
  assert.equal((await fetch(`${server.httpUrl}/metrics`)).status, 404)
})

test('the pod is given more time for its end than it takes', t => {
  const { config } = podConfig(t)
  const [, sleepSeconds] = /preStop:\n\s+exec:\n\s+command: \["sleep", "(\d+)"\]/.exec(deployment) ?? []
  const [graceSeconds] = valuesOf(deployment, 'terminationGracePeriodSeconds')
  const marginMs = 4000
  assert.ok(Number(graceSeconds) * 1000 > Number(sleepSeconds) * 1000 + config.drainTimeoutMs + marginMs)
})

test('the pod has no rights that it does not need', () => {
  const expected = {
    runAsNonRoot: 'true',
    allowPrivilegeEscalation: 'false',
    readOnlyRootFilesystem: 'true',
    automountServiceAccountToken: 'false',
    drop: '["ALL"]',
    type: 'RuntimeDefault'
  }
  for (const [key, value] of Object.entries(expected)) assert.ok(valuesOf(deployment, key).includes(value), key)
})

test('the secret is referred to, and mounted where the server looks for it', () => {
  const [folder] = valuesOf(deployment, 'mountPath')
  assert.equal(settings.ARQONBUS_AUTH_JWT_SECRET_FILE, `${folder}/jwt-secret`)
  assert.deepEqual(valuesOf(deployment, 'secretName'), ['arqonbus'])
  assert.match(deployment, /kubectl create secret generic arqonbus --from-file=jwt-secret=/)
  assert.equal(/kind: Secret/.test(deployment + read('configmap')), false)
})

test('one pod at a time, which a disruption may end', () => {
  assert.deepEqual(valuesOf(deployment, 'replicas'), ['1'])
  assert.match(deployment, /strategy:\n {4}type: Recreate\n/)
  assert.deepEqual(valuesOf(read('poddisruptionbudget'), 'maxUnavailable'), ['1'])
})

test('everything is found by one label', () => {
  for (const name of ['deployment', 'service', 'poddisruptionbudget', 'configmap'])
    assert.deepEqual([...new Set(valuesOf(read(name), 'app.kubernetes.io/name'))], ['arqonbus'], name)
})
