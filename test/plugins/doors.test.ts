import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { pino } from 'pino'
import rest from '../../plugins/rest.ts'
import { buildApp } from '../../src/app.ts'
import type { Caller } from '../../src/bus/command.ts'
import { command } from '../../src/bus/command.ts'
import { loadConfig } from '../../src/config.ts'
import { BusError } from '../../src/errors.ts'
import { RawJson } from '../../src/protocol/replies.ts'

const headers = { host: 'localhost' }

/** An app with a command of the test's, which keeps what it is given, and whatever routes run it. */
async function setApp(t: TestContext) {
  const calls: { readonly args: object; readonly caller: Caller }[] = []
  const { config } = loadConfig({ env: { ARQONBUS_SERVER_PORT: '0' } })
  const app = await buildApp({ config, logger: pino({ level: 'silent' }) })
  t.after(() => app.close())
  const keep = command({
    name: 't.keep',
    summary: 'Keeps what it is given.',
    role: 'admin',
    args: Type.Object(
      {
        name: Type.String({ minLength: 1 }),
        count: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, expected: 'an integer from 0 to 9' })),
        mode: Type.Optional(Type.String())
      },
      { additionalProperties: false }
    ),
    result: Type.Object({ text: Type.Unknown() }),
    run: (service: typeof calls, args, caller) => {
      if (args.name === 'refuse') throw new BusError('CONFLICT', { message: 'Not that one' })
      service.push({ args, caller })
      return { message: 'Kept', data: { text: new RawJson('12345678901234567890') } }
    }
  })
  app.bus.commands.add(calls, keep)
  return { app, calls }
}

test('a route runs its command with the arguments of path, query, body and its own', async t => {
  const { app, calls } = await setApp(t)
  const route = { command: 't.keep', tag: 'Tests', fixed: { mode: 'fixed' } }
  app.register(
    async scope => {
      await scope.register(rest)
      scope.serveCommand({ ...route, method: 'GET', url: '/keep/:name' })
      scope.serveCommand({ ...route, method: 'POST', url: '/keep/:name', status: 201 })
    },
    { prefix: '/t' }
  )
  const read = await app.inject({ url: '/t/keep/a%2Fb?count=3', headers })
  const made = await app.inject({ method: 'POST', url: '/t/keep/c', headers, payload: { count: 4 } })
  assert.deepEqual([read.statusCode, made.statusCode], [200, 201])
  assert.equal(read.body, '{"text":12345678901234567890}')
  assert.deepEqual(
    calls.map(({ args }) => args),
    [
      { name: 'a/b', count: 3, mode: 'fixed' },
      { name: 'c', count: 4, mode: 'fixed' }
    ]
  )
  assert.deepEqual([calls[0]?.caller.id, calls[0]?.caller.connection], ['operator', undefined])
  const refused = await app.inject({ method: 'POST', url: '/t/keep/refuse', headers, payload: {} })
  assert.deepEqual([refused.statusCode, refused.json().details], [409, 'Not that one'])
})

test('what a command asks for is what its caller may do', async t => {
  const { app, calls } = await setApp(t)
  const identity = await app.authenticate({ headers: {}, query: {} })
  const request = { caller: { id: 'someone', identity } } as Parameters<typeof app.ask>[0]
  await assert.rejects(app.ask(request, 't.keep', { name: 'a' }), { code: 'AUTHORIZATION_ERROR' })
  assert.equal(calls.length, 0)
})

test('a command that does not exist is unknown to whoever asks, and a mistake in a route', async t => {
  const { app } = await setApp(t)
  const identity = await app.authenticate({ headers: {}, query: {} })
  const request = { caller: { id: 'operator', identity } } as Parameters<typeof app.ask>[0]
  await assert.rejects(app.ask(request, 't.nothing', {}), { code: 'UNKNOWN_COMMAND' })
  assert.throws(() => app.requireCommand('t.nothing'), { message: 'There is no command t.nothing' })
  assert.throws(() => app.serveCommand({ method: 'GET', url: '/x', command: 't.nothing', tag: 'Tests' }))
})
