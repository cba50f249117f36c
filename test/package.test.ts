import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from './support/until.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
/** Programs run on the Node of this test, whatever is on the path. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }

interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

const folder = mkdtempSync(join(tmpdir(), 'arqonbus-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let packed: Packed

before(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, env })
  packed = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0]
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "version": "1.0.0", "type": "module" }')
  await run('npm', ['install', '--no-audit', '--no-fund', `./${packed.filename}`], { cwd: folder, env })
})

/** Starts the installed server on free ports and resolves with its address. */
async function startInstalled(t: TestContext): Promise<string> {
  const ports = ['--port', '0', '--http-port', '0', '--telemetry-port', '0']
  const child = spawn(join(folder, 'node_modules/.bin/arqonbus'), ports, { cwd: folder, env })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null], output)
  })
  await until('it is ready', () => /is ready: connect to (ws:\/\/\S+)\/ws/.test(output))
  return /is ready: connect to (ws:\/\/\S+)\/ws/.exec(output)?.[1] ?? ''
}

test('the package holds what runs and nothing else, and is small', () => {
  const strange = packed.files.filter(({ path }) => !/^(dist\/.+|package\.json|README\.md|LICENSE)$/.test(path))
  assert.deepEqual(strange, [])
  assert.deepEqual(
    packed.files.filter(({ path }) => /tsbuildinfo|\.test\.ts/.test(path)),
    []
  )
  assert.ok(packed.size < 1_000_000, `${packed.size} bytes`)
  assert.ok(packed.unpackedSize < 4_000_000, `${packed.unpackedSize} bytes unpacked`)
})

test('installed elsewhere it starts, and its client and its command line find it', async t => {
  const url = await startInstalled(t)
  writeFileSync(
    join(folder, 'hello.js'),
    `import { connect } from 'arqonbus/client'
     const [ada, bob] = await Promise.all([connect('${url}'), connect('${url}')])
     const channel = bob.channel('science:explore')
     const inbox = channel.messages()
     await channel.join()
     await ada.publish('science:explore', { text: 'from a package' })
     console.log((await inbox.next()).value.payload.text)
     await Promise.all([ada.close(), bob.close()])`
  )
  const { stdout } = await run(process.execPath, ['hello.js'], { cwd: folder, env })
  assert.equal(stdout, 'from a package\n')
  const tail = await run(join(folder, 'node_modules/.bin/arqon'), ['tail', '--ws-url', url, '--raw', '--limit', '1'], {
    cwd: folder,
    env
  })
  assert.equal(JSON.parse(tail.stdout).payload.welcome, 'Connected to ArqonBus')
})

test('its types are found and say what is wrong', async () => {
  const settings = {
    module: 'NodeNext',
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    types: [],
    strict: true,
    noEmit: true
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...settings, skipLibCheck: false }, files: ['typed.ts'] })
  )
  writeFileSync(
    join(folder, 'typed.ts'),
    `import { connect } from 'arqonbus/client'
     const bus = await connect('ws://127.0.0.1:9100')
     const { sequence } = await bus.channel('science:explore').publish({ text: 'typed' })
     const position: number | undefined = sequence
     // @ts-expect-error a number is no address
     await bus.join(1)
     // @ts-expect-error the command needs a key
     await bus.command('op.store.get', {})
     export { position }`
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [compiler, '-p', folder], { cwd: folder, env }).catch((error: { stdout: string }) =>
    assert.fail(error.stdout)
  )
})
