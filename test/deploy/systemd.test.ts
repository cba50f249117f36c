import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { configKeys, fileNameOf } from '../../src/config.ts'
import { isThere, readText } from '../documents/project.ts'

const unit = readText('deploy/systemd/arqonbus.service')
const settings = [...unit.matchAll(/^([A-Z]\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value] as const)
const valueOfKey = (key: string): string | undefined => settings.find(([one]) => one === key)?.[1]

test('it runs the program that the build makes', () => {
  const [, program = ''] = / \/opt\/arqonbus\/dist\/(\S+)\.js$/.exec(valueOfKey('ExecStart') ?? '') ?? []
  assert.ok(isThere(`${program}.ts`), program)
})

test('every variable that it sets is known, and the secret comes from a credential', () => {
  const known = new Set(configKeys.flatMap(key => [...key.env, ...(key.file ? key.env.map(fileNameOf) : [])]))
  const names = settings.filter(([key]) => key === 'Environment').map(([, value]) => value.split('=')[0] ?? '')
  for (const name of names) assert.ok(known.has(name) || name === 'NODE_ENV', name)
  const [credential] = (valueOfKey('LoadCredential') ?? '').split(':')
  assert.ok(settings.some(([, value]) => value === `ARQONBUS_AUTH_JWT_SECRET_FILE=%d/${credential}`))
})

test('it waits longer for the end than the server takes', () => {
  const drainMs = configKeys.find(({ name }) => name === 'drainTimeoutMs')?.default
  assert.ok(Number(valueOfKey('TimeoutStopSec')) * 1000 > Number(drainMs) + 4000)
})

test('what a restart cannot mend is not started again: exit codes 2 and 78', () => {
  assert.equal(valueOfKey('Restart'), 'on-failure')
  assert.equal(valueOfKey('RestartPreventExitStatus'), '2 78')
})

test('it is shut in', () => {
  for (const key of [
    'NoNewPrivileges',
    'PrivateDevices',
    'PrivateTmp',
    'ProtectHome',
    'RestrictNamespaces',
    'DynamicUser'
  ])
    assert.equal(valueOfKey(key), 'yes', key)
  assert.equal(valueOfKey('ProtectSystem'), 'strict')
  assert.equal(valueOfKey('CapabilityBoundingSet'), '')
  assert.equal(valueOfKey('MemoryDenyWriteExecute'), undefined)
})

test('systemd-analyze, where there is one, finds no fault and little exposure', t => {
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  if (analyze('--version').status !== 0) return
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-unit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'arqonbus.service')
  writeFileSync(path, unit.replace('/usr/bin/node', process.execPath).replaceAll('/opt/arqonbus', process.cwd()))
  const verified = analyze('verify', path)
  assert.equal(verified.stderr + verified.stdout, '')
  assert.equal(verified.status, 0)
  const [, exposure] =
    /Overall exposure level for \S+: ([\d.]+)/.exec(analyze('security', '--offline=true', path).stdout) ?? []
  assert.ok(Number(exposure) <= 2, exposure)
})
