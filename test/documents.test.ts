import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { findStale } from '../docs/documents.ts'
import { commands } from '../docs/render/commands.ts'
import type { Decision, Reason } from '../src/casil/verdict.ts'
import { findStrangeNames } from '../src/config/names.ts'
import { configKeys, fileNameOf } from '../src/config.ts'
import { closeTable, errorTable } from '../src/errors.ts'
import { anchorsOf, blocksOf, inlineCodeOf, linksOf, rowsOf } from './documents/markdown.ts'
import { findDocuments, isThere, readText } from './documents/project.ts'
import { holdSession } from './documents/session.ts'
import { Snippet } from './documents/snippet.ts'
import { walk } from './documents/walk.ts'
import { startServer } from './helper.ts'
import { TEST_SECRET } from './support/tokens.ts'

const documents = findDocuments()
/** Words of verdicts that are no error codes. */
const verdicts: readonly (Decision | Reason)[] = [
  'ALLOW_WITH_REDACTION',
  'CASIL_MONITOR_MODE',
  'CASIL_OUT_OF_SCOPE',
  'CASIL_POLICY_ALLOWED',
  'CASIL_POLICY_REDACTED'
]
const images = ['Dockerfile', 'docker-compose.yml']

test('the generated files are current', async () => {
  assert.deepEqual(await findStale(process.cwd()), [])
})

test('docs/errors.md lists every code and close code, and no other', () => {
  const rows = rowsOf(readText('docs/errors.md'))
  const codes = rows.filter(({ length }) => length === 5).map(([code = '']) => code.replaceAll('`', ''))
  const closes = rows.filter(({ length }) => length === 3).map(([code = '']) => code)
  assert.deepEqual(codes, Object.keys(errorTable))
  assert.deepEqual(closes, Object.keys(closeTable))
})

for (const path of documents) {
  test(`${path}: every relative link leads to a file and a heading of it`, () => {
    for (const link of linksOf(readText(path))) {
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor] = link.split('#', 2)
      const target = file === '' ? path : normalize(join(dirname(path), file))
      assert.ok(isThere(target), `${link}: no such file`)
      if (anchor !== undefined) assert.ok(anchorsOf(readText(target)).has(anchor), `${link}: no such heading`)
    }
  })

  test(`${path}: every error code, command, script and file that it names exists`, () => {
    const text = readText(path)
    const code = inlineCodeOf(text)
    const envNames = new Set(configKeys.flatMap(key => key.env))
    for (const word of code.filter(one => /^[A-Z]+(_[A-Z]+)+$/.test(one) && !one.startsWith('ARQONBUS_'))) {
      const isVerdict = verdicts.some(verdict => verdict === word)
      assert.ok(isVerdict || Object.hasOwn(errorTable, word) || envNames.has(word), `no error code ${word}`)
    }
    const names = new Set(commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]))
    const asked = [...text.matchAll(/"command": ?"(\w[\w.]*)"/g)].map(([, name = '']) => name)
    for (const name of [
      ...asked,
      ...code.filter(one => /^(op|history)\.|^(create|delete|join|leave|list)_\w+$/.test(one))
    ]) {
      assert.ok(names.has(name) || name === 'dance', `no command ${name}`)
    }
    const { scripts } = JSON.parse(readText('package.json'))
    for (const [, script = ''] of text.matchAll(/npm run (?:--silent )?([\w:]+)/g)) assert.ok(scripts[script], script)
    for (const file of code.filter(one =>
      /^(src|plugins|routes|test|docs|openapi|bench|examples)\/[\w./-]+\.\w+$/.test(one)
    ))
      assert.ok(isThere(file), `no file ${file}`)
  })

  test(`${path}: every block of JSON can be parsed`, () => {
    for (const { language, text } of blocksOf(readText(path))) if (language === 'json') JSON.parse(text)
  })
}

test('every variable that a document names is known', () => {
  for (const path of [...documents, ...images]) {
    const names = readText(path).match(/ARQONBUS_[A-Z0-9_]*[A-Z0-9]/g) ?? []
    assert.deepEqual(findStrangeNames(Object.fromEntries(names.map(name => [name, 'x']))), [], path)
  }
})

test('every variable stands in the README or in docs/limits.md', () => {
  const text = readText('README.md') + readText('docs/limits.md')
  const names = configKeys.flatMap(key => (key.file ? [...key.env, ...key.env.map(fileNameOf)] : key.env))
  for (const name of names) assert.ok(text.includes(`\`${name}\``), name)
})

for (const path of [
  'README.md',
  'docs/casil.md',
  'docs/cli.md',
  'docs/operators.md',
  'docs/quickstart.md',
  'docs/rest.md',
  'docs/sdk-typescript.md'
]) {
  test(`${path}: the snippets do what it says`, t => walk(t, path))
}

test('the token that the README makes is accepted', async t => {
  const env = { ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
  const server = await startServer(t, { ...env, ARQONBUS_ENABLE_AUTH: 'true' })
  const block = blocksOf(readText('README.md')).find(({ words }) => words[0] === 'token')
  const snippet = new Snippet(t, 'js', block?.text ?? '', { port: 0, env })
  await snippet.end()
  const alice = await server.connect('/ws', { headers: { Authorization: `Bearer ${snippet.output.trim()}` } })
  const { payload } = await alice.command('whoami')
  assert.deepEqual([payload.data.subject, payload.data.client.tenant_id], ['alice', 'acme'])
})

test('the example says hello', async t => {
  const { app } = await startServer(t)
  const { port } = app.server.address() as AddressInfo
  const snippet = new Snippet(t, 'js', readText('examples/hello/hello.js'), { port })
  await snippet.print('1: Hello, Bob\n')
  await snippet.end()
})

for (const path of documents) {
  for (const block of blocksOf(readText(path)).filter(({ words }) => words[0] === 'session')) {
    test(`${path}: the conversation in line ${block.line} is what a server says`, t => holdSession(t, block))
  }
}

test('the Dockerfile copies what is there, and runs what the build makes', () => {
  const file = readText('Dockerfile')
  const copied = [...file.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '))
  assert.ok(copied.length > 0)
  for (const path of copied) assert.ok(isThere(path), path)
  const kept = readText('.dockerignore').match(/(?<=^!).+$/gm)
  assert.deepEqual(kept?.sort(), [...new Set(copied.map(path => path.replace('./', '')))].sort())
  const [, entry = ''] = /^ENTRYPOINT \["node", "dist\/(.+)\.js"\]$/m.exec(file) ?? []
  assert.ok(isThere(`${entry}.ts`), entry)
})

test('the image has a version of Node that the package takes', () => {
  const [, least = ''] = /^>=(\d+)/.exec(JSON.parse(readText('package.json')).engines.node) ?? []
  const versions = [...readText('Dockerfile').matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version))
  assert.equal(versions.length, 2)
  for (const version of versions) assert.ok(version > Number(least), `Node ${version}`)
})

test('the image and the composition open the ports that are documented', () => {
  const ports = ['port', 'telemetryPort', 'httpPort'].map(name => configKeys.find(key => key.name === name)?.default)
  assert.deepEqual(/^EXPOSE (.+)$/m.exec(readText('Dockerfile'))?.[1]?.split(' ').map(Number), ports)
  const mapped = [...readText('docker-compose.yml').matchAll(/"127\.0\.0\.1:(\d+):(\d+)"/g)]
  assert.deepEqual(
    mapped.map(([, outside, inside]) => [Number(outside), Number(inside)]),
    ports.map(port => [port, port])
  )
})

test('the composition waits longer for the end than the server takes', () => {
  const [, grace] = /stop_grace_period: (\d+)s/.exec(readText('docker-compose.yml')) ?? []
  const drainMs = configKeys.find(key => key.name === 'drainTimeoutMs')?.default
  assert.ok(Number(grace) * 1000 > Number(drainMs) + 4000)
})

test('both health checks find a server that is well, and no other', async t => {
  const { app } = await startServer(t)
  const { port } = app.server.address() as AddressInfo
  for (const path of images) {
    const [, check = ''] = /"node", "-e", "(.+?)"\]/.exec(readText(path)) ?? []
    assert.notEqual(check, '', path)
    await new Snippet(t, 'node', check, { port }).end()
    await assert.rejects(new Snippet(t, 'node', check, { port: 1 }).end(), path)
  }
})
