import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import errors from '../../plugins/errors.ts'
import logIncidents from '../../plugins/log-incidents.ts'
import { BusError } from '../../src/errors.ts'
import { FakeClock } from '../support/clock.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { buildBare } from './bare.ts'

async function build(t: TestContext) {
  const clock = new FakeClock()
  const { app, log } = buildBare(t, { config: { clock, ids: { short: () => 'abcdef012345' } } })
  await app.register(errors)
  await app.register(logIncidents)
  app.get('/refused/:name', async () => {
    throw new BusError('VALIDATION_ERROR', { faults: ['tangerine: must not be'] })
  })
  app.get('/door', async () => {
    const cause = new BusError('AUTH_INVALID', { faults: ['exp has passed'] })
    throw new BusError('AUTH_INVALID', { faults: ['Invalid token'], cause })
  })
  const warnings = () => log.filter(({ level }) => level === 40)
  return { app, clock, warnings }
}

/** The line without what every line has. */
function factsOf({ level: _level, time: _time, pid: _pid, hostname: _host, ...facts }: Record<string, unknown> = {}) {
  return facts
}

test('an incident is a line of its kind and code, and its repetitions are one more', async t => {
  const { app, clock, warnings } = await build(t)
  await app.ready()
  const about = { kind: 'command', code: 'SLOW', tenant: 'red', command: 'history' } as const
  for (const [clientId, durationMs] of [
    ['ada', 300.4],
    ['bob', 400]
  ] as const)
    app.incidents.emit({ ...about, clientId, durationMs })
  app.incidents.emit({ kind: 'connection', code: '4428', tenant: 'red', clientId: 'cid' })
  assert.deepEqual(warnings().map(factsOf), [
    { ...about, client: 'ada', duration_ms: 300, msg: 'command was slow' },
    { kind: 'connection', code: '4428', tenant: 'red', client: 'cid', msg: 'connection was ended' }
  ])
  clock.advance(10_000)
  assert.equal(warnings().length, 3)
  assert.deepEqual([warnings()[2]?.client, warnings()[2]?.repeated], ['ada', 1])
})

test('a refused request is told by its route and code, and never by what it says', async t => {
  const { app, warnings } = await build(t)
  for (const name of ['plum', 'pear']) await app.inject(`/refused/${name}?token=plum`)
  await app.inject('/plum')
  assert.deepEqual(warnings().map(factsOf), [
    {
      kind: 'request',
      code: 'VALIDATION_ERROR',
      ip: '127.0.0.1',
      method: 'GET',
      route: '/refused/:name',
      msg: 'request was refused'
    },
    { kind: 'request', code: 'NOT_FOUND', ip: '127.0.0.1', method: 'GET', msg: 'request was refused' }
  ])
})

test('whoever is not let in is told with the reason, also with one that is kept from him', async t => {
  const { app, warnings } = await build(t)
  await app.inject('/door')
  assert.equal(warnings()[0]?.reason, 'exp has passed')
})

test('bytes that are no request are told by what the parser calls them', async t => {
  const { app, warnings } = await build(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (let count = 0; count < 2; count++) {
    const raw = await RawSocket.dial(t, (app.server.address() as AddressInfo).port)
    const refused = once(app.server, 'clientError')
    raw.write('tangerine\r\n\r\n')
    await refused
  }
  assert.deepEqual(warnings().map(factsOf), [
    { kind: 'http', code: 'HPE_INVALID_METHOD', ip: '127.0.0.1', msg: 'http was refused' }
  ])
})

test('what waits to be told is told when the app closes', async t => {
  const { app, clock, warnings } = await build(t)
  for (let count = 0; count < 3; count++) await app.inject('/door')
  await app.close()
  assert.deepEqual([warnings().length, warnings()[1]?.repeated, clock.pending], [2, 2, 0])
})
