import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { channelArgs, TimeArg } from '../../../src/bus/arguments.ts'
import { type Command, command } from '../../../src/bus/command.ts'
import { BusError } from '../../../src/errors.ts'
import { type BusStage, type Peer, type StageOptions, setBus } from '../../support/bus.ts'

/** What the commands of these tests work on. */
interface Service {
  readonly calls: unknown[]
}

const any = Type.Object({}, { additionalProperties: true })

function make(name: string, more: Partial<Command<Service>> = {}): Command<Service> {
  return command({
    name,
    summary: `Does ${name}.`,
    role: 'user',
    args: any,
    result: any,
    run: (service: Service, args) => {
      service.calls.push(args)
      return { message: `did ${name}`, data: { args } }
    },
    ...more
  })
}

/** A bus with the commands, and what they were called with. */
async function setTable(
  t: TestContext,
  records: Command<Service>[],
  options: StageOptions = {}
): Promise<{ stage: BusStage; calls: unknown[]; ada: Peer }> {
  const stage = await setBus(t, options)
  const service: Service = { calls: [] }
  stage.bus.commands.add(service, ...records)
  return { stage, calls: service.calls, ada: stage.connect() }
}

test('a command is run on its service and answered once, under its id', async t => {
  const { ada, calls, stage } = await setTable(t, [make('t.echo')])
  const answers = ada.ask({ type: 'command', id: 'arq_c', command: 't.echo', args: { n: 1 } })
  assert.equal(answers.length, 1)
  const { id, ...answer } = answers[0] ?? {}
  assert.match(id, /^arq_/)
  assert.deepEqual(answer, {
    type: 'response',
    version: '1.0',
    timestamp: stage.clock.iso(),
    request_id: 'arq_c',
    status: 'success',
    payload: { message: 'did t.echo', data: { args: { n: 1 } } },
    sender: 'arqonbus',
    metadata: {}
  })
  assert.deepEqual(calls, [{ n: 1 }])
})

test('a command in the payload is the same, and the top level wins over it', async t => {
  const { ada, calls } = await setTable(t, [make('t.a'), make('t.b')])
  ada.say({ type: 'command', payload: { command: 't.a', parameters: { n: 1 } } })
  ada.say({ type: 'command', command: 't.b', args: { n: 2 }, payload: { command: 't.a', parameters: { n: 1 } } })
  assert.deepEqual(calls, [{ n: 1 }, { n: 2 }])
})

test('a command whose service checks the arguments gets them as they are, its address resolved', async t => {
  const closed = Type.Object({ room: Type.String() }, { additionalProperties: false })
  const { ada, calls } = await setTable(t, [make('t.own', { args: closed, isAddressed: true, isSelfChecked: true })])
  await ada.command('t.own', { colour: 'red', channel_id: 'lab:one' })
  assert.deepEqual(calls, [{ colour: 'red', room: 'lab' }])
  const refused = await ada.command('t.own', { room: 'lab', channel_id: 'shop:one' })
  assert.equal(refused.error_code, 'VALIDATION_ERROR')
})

test('an alias runs the same command and counts under its name', async t => {
  const { ada, stage } = await setTable(t, [make('t.long', { aliases: ['t.l', 't.lo'] })])
  for (const name of ['t.long', 't.l', 't.lo']) ada.say({ type: 'command', command: name })
  assert.deepEqual(stage.bus.commands.counts(), [{ name: 't.long', executions: 3, failures: 0 }])
})

test('a command that does not exist is UNKNOWN_COMMAND, and counts under one name for all', async t => {
  const { ada, stage } = await setTable(t, [])
  const refused = await ada.command('x'.repeat(100))
  assert.deepEqual([refused.status, refused.error_code, refused.retry], ['error', 'UNKNOWN_COMMAND', false])
  assert.equal(refused.error, `Unknown command: ${'x'.repeat(64)}`)
  assert.equal(refused.payload.message, refused.error)
  await ada.command('y')
  await ada.command('constructor')
  assert.deepEqual(stage.bus.commands.counts(), [{ name: 'unknown', executions: 3, failures: 3 }])
})

test('a reserved family of names is refused with its own error, and what only begins alike is unknown', async t => {
  const { ada, stage } = await setTable(t, [make('t.lab.known')])
  stage.bus.commands.reserve('t.lab', () => new BusError('FEATURE_DISABLED', { message: 'There is no lab' }))
  const codes: unknown[] = []
  for (const name of ['t.lab', 't.lab.start', 't.lab.known', 't.labs', 't']) {
    codes.push((await ada.command(name)).error_code)
  }
  assert.deepEqual(codes, ['FEATURE_DISABLED', 'FEATURE_DISABLED', undefined, 'UNKNOWN_COMMAND', 'UNKNOWN_COMMAND'])
  const unknown = stage.bus.commands.counts().find(({ name }) => name === 'unknown')
  assert.deepEqual([unknown?.executions, unknown?.failures], [4, 4])
})

test('as many commands as may come at once are run, the next is RATE_LIMITED, and waiting helps', async t => {
  const limits = { commandsPerSecond: 10, commandBurst: 5 }
  const { ada, stage, calls } = await setTable(t, [make('t.a')], { limits })
  for (let n = 0; n < 5; n++) assert.equal((await ada.command('t.a')).status, 'success')
  const refused = await ada.command('t.a')
  assert.deepEqual([refused.error_code, refused.retry, refused.retry_after_ms], ['RATE_LIMITED', true, 100])
  stage.clock.advance(refused.retry_after_ms)
  assert.equal((await ada.command('t.a')).status, 'success')
  assert.equal(calls.length, 6)
  assert.equal((await stage.connect().command('t.a')).status, 'success')
})

test('heavy commands have a rate of their own, and count against the common one too', async t => {
  const limits = { heavyCommandsPerSecond: 1, heavyCommandBurst: 2, commandsPerSecond: 1, commandBurst: 4 }
  const { ada } = await setTable(t, [make('t.light'), make('t.heavy', { isHeavy: true })], { limits })
  const codes: unknown[] = []
  for (const name of ['t.heavy', 't.heavy', 't.heavy', 't.light', 't.light', 't.light']) {
    codes.push((await ada.command(name)).error_code)
  }
  assert.deepEqual(codes, [undefined, undefined, 'RATE_LIMITED', undefined, undefined, 'RATE_LIMITED'])
})

test('commands that do not exist count against the rate', async t => {
  const { ada } = await setTable(t, [make('t.a')], { limits: { commandBurst: 1 } })
  await ada.command('nonsense')
  assert.equal((await ada.command('t.a')).error_code, 'RATE_LIMITED')
})

for (const [needed, role, isAllowed] of [
  ['user', 'user', true],
  ['admin', 'user', false],
  ['admin', 'admin', true],
  ['admin', 'superadmin', true],
  ['superadmin', 'admin', false]
] as const) {
  test(`a command for ${needed} is ${isAllowed ? 'run' : 'refused'} for ${role}`, async t => {
    const { stage, calls } = await setTable(t, [make('t.a', { role: needed })])
    const answer = await stage.connect({ role }).command('t.a')
    assert.equal(answer.error_code, isAllowed ? undefined : 'AUTHORIZATION_ERROR')
    assert.equal(calls.length, isAllowed ? 1 : 0)
  })
}

test('a service that is switched off is told before the role and the arguments are looked at', async t => {
  const asked: Service[] = []
  const requireService = (service: Service) => {
    asked.push(service)
    throw new BusError('FEATURE_DISABLED', { message: 'It is off' })
  }
  const args = Type.Object({ n: Type.Integer() }, { additionalProperties: false })
  const { ada, calls, stage } = await setTable(t, [make('t.a', { role: 'admin', args, requireService })])
  const refused = await ada.command('t.a')
  assert.deepEqual([refused.error_code, refused.error, refused.retry], ['FEATURE_DISABLED', 'It is off', false])
  assert.deepEqual([asked.length, asked[0]?.calls, calls], [1, calls, []])
  assert.deepEqual(stage.bus.commands.counts(), [{ name: 't.a', executions: 1, failures: 1 }])
})

test('all faults of the arguments are named at once, and the command is not run', async t => {
  const args = Type.Object({ ...channelArgs, n: Type.Integer(), when: TimeArg }, { additionalProperties: false })
  const { ada, calls } = await setTable(t, [make('t.a', { args, isAddressed: true })])
  const refused = await ada.command('t.a', { n: 'many', extra: 1, room: 'a:b', channel: 'c' })
  assert.equal(refused.error_code, 'VALIDATION_ERROR')
  const { errors } = refused.payload.data
  assert.deepEqual(errors.map((fault: string) => fault.split(':', 1)[0]).sort(), ['channel', 'extra', 'n', 'when'])
  assert.equal(refused.error, `Validation error: ${errors.join('; ')}`)
  assert.equal(calls.length, 0)
})

test('an error of the bus is told as it is, with its faults and when to try again', async t => {
  const { ada, stage } = await setTable(t, [
    make('t.sync', {
      run: () => {
        throw new BusError('CONFLICT', { message: 'Somebody else was first', faults: ['a: one', 'b: two'] })
      }
    }),
    make('t.async', { run: async () => Promise.reject(new BusError('TIMEOUT', { retryAfterMs: 1.5 })) })
  ])
  const { error, error_code, retry, payload } = await ada.command('t.sync')
  assert.deepEqual([error, error_code, retry], ['Somebody else was first', 'CONFLICT', false])
  assert.deepEqual(payload, { message: error, data: { errors: ['a: one', 'b: two'] } })
  const late = await ada.command('t.async')
  assert.deepEqual([late.error, late.error_code, late.retry, late.retry_after_ms], ['Timed out', 'TIMEOUT', true, 2])
  assert.deepEqual(
    stage.bus.commands.counts().map(({ executions, failures }) => [executions, failures]),
    [
      [1, 1],
      [1, 1]
    ]
  )
})

for (const kind of ['throws', 'rejects'] as const) {
  test(`a command that ${kind} something unexpected is EXECUTION_ERROR with a reference, and the text stays in the log`, async t => {
    const secret = new Error('password of the store: hunter2')
    const run = kind === 'throws' ? () => assert.fail(secret) : () => Promise.reject(secret)
    const { ada, stage } = await setTable(t, [make('t.a', { run })])
    const refused = await ada.command('t.a')
    assert.deepEqual([refused.error_code, refused.retry], ['EXECUTION_ERROR', true])
    const reference = /^Command failed \(error ([0-9a-f]{12})\)$/.exec(refused.error)?.[1]
    assert.ok(reference)
    assert.equal(JSON.stringify(ada.frames).includes('hunter2'), false)
    const line = stage.log.find(entry => entry.reference === reference)
    assert.equal(line?.command, 't.a')
    assert.match(JSON.stringify(line), /hunter2/)
    assert.equal(ada.connection.isOpen, true)
  })
}

test('a slow command holds back the frames behind it, so that answers keep their order', async t => {
  let finish = (): void => {}
  const slow = new Promise<void>(resolve => {
    finish = resolve
  })
  const { ada, stage } = await setTable(t, [
    make('t.slow', { run: () => slow.then(() => ({ message: 'slow', data: {} })) }),
    make('t.quick')
  ])
  ada.say({ type: 'command', id: 'arq_1', command: 't.slow' })
  ada.say({ type: 'command', id: 'arq_2', command: 't.quick' })
  await stage.settle()
  assert.equal(ada.frames.length, 0)
  finish()
  await stage.settle()
  assert.deepEqual(
    ada.frames.map(frame => frame.request_id),
    ['arq_1', 'arq_2']
  )
})

test('what a command does after its answer comes right behind it', async t => {
  const { ada, stage } = await setTable(t, [
    make('t.a', {
      run: (_service, _args, { connection }) => ({
        message: 'first',
        data: {},
        after: () => connection?.send('{"then":true}')
      })
    })
  ])
  ada.transport.say({ type: 'command', command: 't.a' })
  ada.transport.say({ type: 'ping' })
  stage.turn()
  assert.deepEqual(
    ada.frames.map(frame => frame.type ?? 'then'),
    ['response', 'then', 'pong']
  )
})

test('a response without a request id answers a command without an id', async t => {
  const { ada } = await setTable(t, [make('t.a')])
  const [done] = ada.ask({ type: 'command', command: 't.a' })
  const [refused] = ada.ask({ type: 'command', command: 't.none' })
  assert.deepEqual(
    [done, refused].map(frame => Object.hasOwn(frame ?? {}, 'request_id')),
    [false, false]
  )
})

test('a name or alias that is taken is refused when it is added', async t => {
  const { stage } = await setTable(t, [make('t.a', { aliases: ['t.b'] })])
  const service: Service = { calls: [] }
  for (const record of [make('t.a'), make('t.b'), make('t.c', { aliases: ['t.a'] })]) {
    assert.throws(() => stage.bus.commands.add(service, record), /exists already/)
  }
})

test('the list names every command once, in order', async t => {
  const { stage } = await setTable(t, [make('zz.last'), make('aa.first', { aliases: ['aa.f'] })])
  const names = stage.bus.commands.list().map(record => record.name)
  assert.deepEqual(names, [...names].sort())
  assert.equal(names.length, new Set(names).size)
  assert.deepEqual([names[0], names.at(-1)], ['aa.first', 'zz.last'])
})

test('what only admins may run is written down with who and where, and never with content', async t => {
  const { stage } = await setTable(t, [make('t.free'), make('t.guarded', { role: 'admin' })])
  const chief = stage.connect({ role: 'admin', subject: 'chief' })
  for (const command of ['t.free', 't.guarded'])
    chief.say({ type: 'command', command, args: { room: 'lab', text: 'hidden words' } })
  const lines = stage.log.filter(line => line.audit === true)
  assert.equal(lines.length, 1)
  const { by, subject, tenant, command, room } = lines[0] ?? {}
  assert.deepEqual([by, subject, tenant, command, room], [chief.id, 'chief', 'default', 't.guarded', 'lab'])
  assert.ok(!JSON.stringify(lines).includes('hidden words'))
})
