import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readText } from './documents/project.ts'

const compiler = join(process.cwd(), 'node_modules/.bin/tsc')

function compile(folder: string, ...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(compiler, args, { cwd: folder, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** A folder in which the package is installed, as far as its types go. */
function installTypes(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-types-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const place = join(folder, 'node_modules/arqonbus')
  mkdirSync(place, { recursive: true })
  copyFileSync('package.json', join(place, 'package.json'))
  const options = ['-p', 'src/client', '--outDir', join(place, 'dist'), '--tsBuildInfoFile', join(folder, 'state')]
  assert.deepEqual(compile(process.cwd(), ...options), { status: 0, output: '' })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

const right = `
import { connect, type BusMessage, type Position, BusClientError } from 'arqonbus/client'

const bus = await connect('ws://127.0.0.1:9100', { getToken: async () => 'token', offline: 'refuse' })
const { data } = await bus.command('op.store.set', { key: 'a', value: [1, null] })
const version: number = data.version
const { data: me } = await bus.command('whoami')
const subject: string | null = me.subject
const { data: later } = await bus.command('of.a.later.version', { anything: true })
const unknown: unknown = later.whatever
const channel = bus.channel({ room: 'science', channel: 'explore' })
const position: Position | undefined = channel.position
for await (const message of channel) {
  const read: BusMessage = message
  if (read.sequence === 1) break
}
const stop = await bus.store.watch('a', ({ operation }) => operation === 'expire')
await stop()
const reply: { readonly [key: string]: unknown } = await bus.request('arq_client_1', {}, { timeoutMs: 1 })
bus.on('state', ({ state, delayMs }) => state === 'waiting' && delayMs)
channel.on('recovered', ({ recovered }) => recovered === false)
export { BusClientError, version, subject, unknown, position, reply }
`

const wrong = [
  `bus.command('op.store.set', { kee: 'a' })`,
  `bus.command('op.store.set')`,
  `bus.command('op.store.get', { key: 7 })`,
  `bus.on('stat', () => {})`,
  `connect('ws://127.0.0.1', { offline: 'drop' })`,
  `bus.channel('a:b').publish('text')`
]

const strictly = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023']

test('a program that uses the package is checked by the types that come with it', t => {
  const folder = installTypes(t)
  writeFileSync(join(folder, 'right.ts'), right)
  const browser = ['--lib', 'ES2023,DOM,DOM.AsyncIterable', '--types', '']
  assert.deepEqual(compile(folder, ...strictly, ...browser, 'right.ts'), { status: 0, output: '' })
  const lines = wrong.map(line => `// @ts-expect-error\n${line}`).join('\n')
  writeFileSync(
    join(folder, 'wrong.ts'),
    `import { connect } from 'arqonbus/client'\nconst bus = await connect('ws://127.0.0.1')\n${lines}\n`
  )
  assert.deepEqual(compile(folder, ...strictly, ...browser, 'wrong.ts'), { status: 0, output: '' })
})

test('everything that the package exports is made by its build', () => {
  const { exports, scripts } = JSON.parse(readText('package.json'))
  assert.deepEqual(exports['./client'], {
    types: './dist/src/client/index.d.ts',
    default: './dist/src/client/index.js'
  })
  assert.ok(existsSync('src/client/index.ts'))
  assert.ok(scripts['build:browser'].endsWith(`--outfile=${exports['./client/arqonbus.min.js'].slice(2)}`))
  for (const part of ['tsc -p tsconfig.build.json', 'tsc -p src/client', 'build:browser']) {
    assert.ok(scripts.build.includes(part), part)
  }
})
