import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rules } from './support/architecture.ts'
import { COMPUTED, codeOf, importsOf, readTree, type SourceTree, withoutComments } from './support/source.ts'

const tree = readTree('src', 'plugins', 'routes')

for (const { id, sentence, find } of rules) {
  test(`${id}: ${sentence}`, () => {
    const broken = find(tree)
    assert.equal(broken.length, 0, `${id}: ${sentence}. Broken by:\n  ${broken.join('\n  ')}`)
  })
}

/** Small trees that break one rule each, with what has to be said about them. */
const bad: readonly (readonly [id: string, files: Readonly<Record<string, string>>, said: readonly string[]])[] = [
  ['D1', { 'routes/a.ts': `import b from './b.ts'` }, ['routes/a.ts imports routes/b.ts']],
  [
    'D1',
    { 'routes/a.ts': `import type { Broker } from '../src/broker/broker.ts'` },
    ['routes/a.ts imports src/broker/broker.ts']
  ],
  ['D1', { 'routes/admin/a.ts': `import b from '../../plugins/b.ts'` }, ['routes/admin/a.ts imports plugins/b.ts']],
  ['D2', { 'plugins/a.ts': `export { b } from './b.ts'` }, ['plugins/a.ts imports plugins/b.ts']],
  ['D2', { 'plugins/a.ts': `const b = await import('../routes/b.ts')` }, ['plugins/a.ts imports routes/b.ts']],
  ['D3', { 'src/bus/bus.ts': `import type { FastifyInstance } from 'fastify'` }, ['src/bus/bus.ts imports fastify']],
  ['D3', { 'src/auth/a.ts': `import jwt from '@fastify/jwt'` }, ['src/auth/a.ts imports @fastify/jwt']],
  ['D3', { 'src/flags.ts': `import '../plugins/bus.ts'` }, ['src/flags.ts imports plugins/bus.ts']],
  [
    'D4',
    { 'src/structures/a.ts': `import { b } from '../protocol/b.ts'` },
    ['src/structures/a.ts imports src/protocol/b.ts']
  ],
  ['D4', { 'src/errors.ts': `import type { B } from './bus/b.ts'` }, ['src/errors.ts imports src/bus/b.ts']],
  ['D4', { 'src/protocol/a.ts': `import { b } from '../rooms/b.ts'` }, ['src/protocol/a.ts imports src/rooms/b.ts']],
  ['D4', { 'src/rooms/a.ts': `type B = import('../auth/b.ts').B` }, ['src/rooms/a.ts imports src/auth/b.ts']],
  [
    'D4',
    { 'src/history/a.ts': `import type { B } from '../broker/b.ts'` },
    ['src/history/a.ts imports src/broker/b.ts']
  ],
  [
    'D4',
    { 'src/broker/nats/a.ts': `import { b } from '../../bus/b.ts'` },
    ['src/broker/nats/a.ts imports src/bus/b.ts']
  ],
  ['D4', { 'src/bus/a.ts': `import { b } from '../commands/b.ts'` }, ['src/bus/a.ts imports src/commands/b.ts']],
  ['D4', { 'src/bus/a.ts': `import { b } from '../config.ts'` }, ['src/bus/a.ts imports src/config.ts']],
  ['D4', { 'src/commands/a.ts': `import { b } from '../cli/b.ts'` }, ['src/commands/a.ts imports src/cli/b.ts']],
  ['D4', { 'src/helpers/a.ts': '' }, ['src/helpers/a.ts is in a part of src that has no place in the order']],
  ['D5', { 'src/bus/a.ts': `import { Counter } from 'prom-client'` }, ['src/bus/a.ts imports prom-client']],
  [
    'D5',
    { 'plugins/a.ts': `import { connect } from '@nats-io/transport-node'` },
    ['plugins/a.ts imports @nats-io/transport-node']
  ],
  ['D5', { 'src/bus/a.ts': 'raw = socket._socket' }, ['src/bus/a.ts uses _socket']],
  ['D5', { 'routes/a.ts': 'const { _sender } = socket' }, ['routes/a.ts uses _sender']],
  [
    'D6',
    { 'src/bus/a.ts': `import type { Lane } from '../omega/lane.ts'` },
    ['src/bus/a.ts imports src/omega/lane.ts']
  ],
  [
    'D6',
    { 'plugins/bus.ts': `import { lane } from '../src/omega/lane.ts'` },
    ['plugins/bus.ts imports src/omega/lane.ts']
  ],
  ['D7', { 'src/client/a.ts': `import { b } from '../clock.ts'` }, ['src/client/a.ts imports src/clock.ts']],
  ['D7', { 'src/client/a.ts': `import { once } from 'node:events'` }, ['src/client/a.ts imports node:events']],
  ['D7', { 'src/client/a.ts': 'const id = process.pid' }, ['src/client/a.ts uses process']],
  [
    'D7',
    { 'src/client/a.ts': `import { b } from '../protocol/b.ts'`, 'src/protocol/b.ts': `import { Ajv } from 'ajv'` },
    ['src/protocol/b.ts imports ajv, and a browser gets it with src/client']
  ],
  [
    'D7',
    { 'src/client/a.ts': `export { b } from '../protocol/b.ts'`, 'src/protocol/b.ts': 'Buffer.from(text)' },
    ['src/protocol/b.ts uses Buffer']
  ],
  ['D8', { 'src/a.ts': `${'\n'.repeat(300)}x\n` }, ['src/a.ts has 301 lines']],
  ['D8', { 'src/commands/a.ts': `export default command({ name: 'b' })` }, ['src/commands/a.ts holds the command b']],
  ['D8', { 'src/commands/a.ts': 'export const a = 1' }, ['src/commands/a.ts holds the command (none)']],
  ['imports', { 'src/a.ts': 'await import(name)' }, [`src/a.ts imports ${COMPUTED}`]]
]

for (const [id, files, said] of bad) {
  test(`${id} is broken by ${said.join(', ')}`, () => {
    assert.deepEqual(findBy(id, new Map(Object.entries(files))), said)
  })
}

/** Small trees that look like a breach and are none. */
const good: readonly (readonly [id: string, files: Readonly<Record<string, string>>])[] = [
  [
    'D1',
    { 'routes/a.ts': `import { BusError } from '../src/errors.ts'\nimport type { FastifyInstance } from 'fastify'` }
  ],
  ['D1', { 'routes/a.ts': `import { socketTransport } from '../src/bus/transport.ts'` }],
  ['D2', { 'plugins/a.ts': `// import b from './b.ts'\nimport { b } from '../src/b.ts'` }],
  ['D3', { 'src/app.ts': `import { fastify } from 'fastify'\nimport a from '../plugins/a.ts'` }],
  ['D4', { 'src/broker/nats/a.ts': `import { b } from '../broker.ts'\nimport { c } from '../../protocol/c.ts'` }],
  ['D4', { 'src/log.ts': `import type { Config } from './config.ts'\nimport { a } from './log/a.ts'` }],
  ['D4', { 'src/commands/a.ts': `import { b } from '../auth/b.ts'\nimport { c } from '../bus/c.ts'` }],
  ['D5', { 'src/telemetry/metrics.ts': `import { Counter } from 'prom-client'`, 'src/store/nats.ts': `import 'nats'` }],
  ['D5', { 'src/store/nats/a.ts': `import '@nats-io/kv'`, 'src/broker/nats/a.ts': `import '@nats-io/kv'` }],
  ['D5', { 'src/bus/transport.ts': 'socket._socket', 'src/a.ts': `// _socket\nconst a = '_sender', my_socket = 1` }],
  [
    'D6',
    { 'plugins/omega.ts': `import '../src/omega/lane.ts'`, 'src/commands/op.omega.x.ts': `import '../omega/lane.ts'` }
  ],
  [
    'D7',
    { 'src/client/a.ts': `import type { B } from '../protocol/b.ts'`, 'src/protocol/b.ts': `import { Ajv } from 'ajv'` }
  ],
  ['D7', { 'src/client/socket.ts': `await import('ws')`, 'src/client/a.ts': `handle.process(1) // Buffer` }],
  ['D8', { 'src/a.ts': 'x\n'.repeat(300), 'src/commands/op.a.b.ts': `command({\n  name: 'op.a.b',` }]
]

for (const [id, files] of good) {
  test(`${id} is kept by ${Object.values(files).join('; ').slice(0, 80).replaceAll('\n', ' ')}`, () => {
    assert.deepEqual(findBy(id, new Map(Object.entries(files))), [])
  })
}

test('imports of every form are seen', () => {
  const source = `
import a from './a.ts'
import * as b from "../b.ts"
import {
  type C,
  c
} from './c.ts'
import type { D } from './d.ts'
import './e.ts'
export * from './f.ts'
export type { G } from './g.ts'
export { h } from './h.ts'
const i = await import('./i.ts')
type J = typeof import("./j.ts")
const k = require('k')
const l = createRequire(import.meta.url)('l')
const text = "import x from './no1.ts'"; // import y from './no2.ts'
/* import z from './no3.ts' */
const { require: no } = this.require(x)
`
  const found = importsOf('src/bus/x.ts', source).map(({ target, isType }) => `${target}${isType ? ' type' : ''}`)
  const inside = ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map(name => `src/bus/${name}.ts`)
  const expected = [...inside, 'src/b.ts', 'k', 'l'].map(name => (/\/[dg]\.ts/.test(name) ? `${name} type` : name))
  assert.deepEqual(found.sort(), expected.sort())
})

test('comments and texts are told apart', () => {
  const source = `const a = '// no' /* 'b' */ + "/*" // c\n+ \`*/ // d\``
  assert.equal(withoutComments(source).replace(/ +/g, ' '), `const a = '// no' + "/*" \n+ \`*/ // d\``)
  assert.equal(codeOf(source).replace(/ +/g, ' '), `const a = '' + '' \n+ ''`)
})

test('every line of the tree that looks like an import is seen as one', () => {
  for (const [file, source] of tree) {
    const lines = source.split('\n').filter(line => /^(import\b|export\b.*\bfrom\b|\} from\b).*'$/.test(line))
    const calls = withoutComments(source).match(/\bimport\(|\bcreateRequire\([^)]*\)\(/g) ?? []
    assert.equal(importsOf(file, source).length, lines.length + calls.length, file)
  }
})

test('every relative import of the tree leads to a file', () => {
  for (const [file, source] of tree) {
    for (const { target } of importsOf(file, source)) {
      if (/^(src|plugins|routes)\//.test(target)) assert.ok(tree.has(target), `${file} imports ${target}`)
    }
  }
})

function findBy(id: string, files: SourceTree): string[] {
  return rules.find(rule => rule.id === id)?.find(files) ?? assert.fail(`no rule ${id}`)
}
