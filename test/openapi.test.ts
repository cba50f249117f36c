import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { blocksOf } from './documents/markdown.ts'
import { readText } from './documents/project.ts'
import { startServer } from './helper.ts'

/** A validator that refuses words it does not know. */
const ajv = new Ajv({ allErrors: true, strictTypes: false })
formats.default(ajv, ['date-time'])

interface CommandRecord {
  readonly name: string
  readonly aliases: readonly string[]
  readonly args: object
  readonly result: object
}

const { commands }: { readonly commands: readonly CommandRecord[] } = JSON.parse(readText('openapi/commands.json'))
const isEnvelope = ajv.compile(JSON.parse(readText('openapi/envelope.schema.json')))

/** Arguments with which each command succeeds, in an order in which they do. */
const asked: readonly (readonly [name: string, args: object])[] = [
  ['create_channel', { channel_id: 'lab:bench', description: 'For a test' }],
  ['join_channel', { channel_id: 'lab:bench', presence: true }],
  ['channel_info', { channel_id: 'lab:bench' }],
  ['list_channels', { room: 'lab' }],
  ['history', { channel_id: 'lab:bench', limit: 10 }],
  ['op.history.get', { channel_id: 'lab:bench' }],
  ['history.get', {}],
  ['op.history.replay', { room: 'lab', from_ts: '2026-01-01T00:00:00Z', to_ts: '2100-01-01T00:00:00Z' }],
  ['leave_channel', { channel_id: 'lab:bench' }],
  ['delete_channel', { channel_id: 'lab:bench' }],
  ['ping', {}],
  ['status', {}],
  ['whoami', {}],
  ['help', {}]
]

/** A present property that the schema does not list is a gap in the documents. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.properties !== undefined && value.additionalProperties === undefined
      ? { ...value, additionalProperties: Object.keys(value.properties).length === 0 }
      : value
  )
}

function faultsOf(validate: ValidateFunction, value: unknown): string {
  return validate(value) ? '' : ajv.errorsText(validate.errors)
}

test('every schema is plain JSON Schema', () => {
  for (const { name, args, result } of commands) {
    assert.doesNotThrow(() => ajv.compile(args), name)
    assert.doesNotThrow(() => ajv.compile(result), name)
  }
})

test('the schema of the envelope takes every frame that docs/protocol.md sends, and refuses the one that it calls wrong', () => {
  const sessions = blocksOf(readText('docs/protocol.md')).filter(({ words }) => words[0] === 'session')
  const frames = sessions.flatMap(({ text }) => text.replace(/\n +/g, ' ').match(/(?<= → )\{.*\}$/gm) ?? [])
  assert.ok(frames.length > 20)
  for (const frame of frames) assert.equal(isEnvelope(JSON.parse(frame)), !frame.includes('"version":"2.0"'), frame)
})

test('the server answers to every command as its schema says', async t => {
  const server = await startServer(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const alice = await server.connect('/ws?screen_name=Alice')
  await alice.ask({ type: 'message', room: 'lab', channel: 'bench', payload: { n: 1 } })
  await alice.command('delete_channel', { channel_id: 'lab:bench' })
  for (const [name, args] of asked) {
    const record = commands.find(one => one.name === name || one.aliases.includes(name))
    assert.ok(record, name)
    const { status, payload } = await alice.command(name, args)
    assert.equal(status, 'success', `${name}: ${payload.message}`)
    assert.equal(faultsOf(ajv.compile(closed(record.result)), payload.data), '', name)
    if (name === 'create_channel') await alice.ask({ type: 'message', room: 'lab', channel: 'bench', payload: {} })
  }
})

test('openapi/commands.json lists the commands that the server lists', async t => {
  const server = await startServer(t)
  const alice = await server.connect()
  const { payload } = await alice.command('help')
  const names = payload.data.commands.map(({ name }: { readonly name: string }) => name)
  assert.deepEqual(
    commands.map(({ name }) => name),
    names
  )
})
