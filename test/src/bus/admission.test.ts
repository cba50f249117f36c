import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Admission, type AdmissionLimits, isLoopback, type Ticket } from '../../../src/bus/admission.ts'
import { BusError } from '../../../src/errors.ts'
import { identityOf } from '../../support/bus.ts'
import { FakeClock } from '../../support/clock.ts'
import { usedHeapBytes } from '../../support/heap.ts'

const generous: AdmissionLimits = {
  maxConnections: 1000,
  maxConnectionsPerTenant: 1000,
  maxConnectionsPerUser: 1000,
  maxConnectionsPerIp: 1000,
  handshakesPerSecond: 1000,
  handshakesPerSecondPerIp: 50,
  handshakeBurstPerIp: 200
}

function setDoor(t: TestContext, limits: Partial<AdmissionLimits> = {}) {
  const clock = new FakeClock()
  const admission = new Admission(clock, { ...generous, ...limits })
  t.after(() => admission.close())
  return { clock, admission }
}

/** The refusal of what must not work. */
function refusal(attempt: () => unknown): BusError {
  try {
    attempt()
  } catch (error) {
    assert.ok(error instanceof BusError)
    return error
  }
  assert.fail('was not refused')
}

/** How many handshakes in a row are let in before the first refusal. */
function countEntries(admission: Admission, ip: string): number {
  for (let count = 0; count < 100_000; count++) {
    try {
      admission.checkRate(ip)
    } catch {
      return count
    }
  }
  return Number.POSITIVE_INFINITY
}

const ada = identityOf({ subject: 'ada', tenant: 'acme' })
const shares = [
  ['maxConnections', 'OVERLOADED', identityOf({ tenant: 'other' }), '10.0.0.9'],
  ['maxConnectionsPerTenant', 'RATE_LIMITED', identityOf({ subject: 'bob', tenant: 'acme' }), '10.0.0.9'],
  ['maxConnectionsPerUser', 'RATE_LIMITED', ada, '10.0.0.9'],
  ['maxConnectionsPerIp', 'RATE_LIMITED', identityOf({ tenant: 'other' }), '10.0.0.1']
] as const
for (const [limit, code, next, nextIp] of shares) {
  test(`${limit}: the last connection is let in, the next refused, and a release makes room for it`, t => {
    const { admission } = setDoor(t, { [limit]: 3 })
    const tickets: Ticket[] = [1, 2, 3].map(() => admission.take(ada, '10.0.0.1'))
    assert.equal(admission.count, 3)
    const error = refusal(() => admission.take(next, nextIp))
    assert.deepEqual([error.code, error.retry, error.retryAfterMs], [code, true, 1000])
    assert.equal(admission.count, 3)
    tickets[0]?.release()
    tickets[0]?.release()
    assert.equal(admission.count, 2)
    admission.take(next, nextIp)
    refusal(() => admission.take(next, nextIp))
  })
}

test('a share is of one tenant, user or address: others are let in', t => {
  const { admission } = setDoor(t, {
    maxConnectionsPerTenant: 2,
    maxConnectionsPerUser: 1,
    maxConnectionsPerIp: 2
  })
  admission.take(ada, '10.0.0.1')
  admission.take(identityOf({ subject: 'bob', tenant: 'acme' }), '10.0.0.1')
  admission.take(identityOf({ subject: 'ada', tenant: 'other' }), '10.0.0.2')
  assert.equal(admission.count, 3)
})

test('connections without a subject have no share of a user', t => {
  const { admission } = setDoor(t, { maxConnectionsPerUser: 1 })
  admission.take(identityOf(), '10.0.0.1')
  admission.take(identityOf(), '10.0.0.1')
  assert.equal(admission.count, 2)
})

test('loopback has a share of connections like any address', t => {
  const { admission } = setDoor(t, { maxConnectionsPerIp: 1 })
  admission.take(ada, '127.0.0.1')
  refusal(() => admission.take(ada, '127.0.0.1'))
})

test('the handshakes of one address are bounded at once and per second', t => {
  const { admission, clock } = setDoor(t)
  assert.equal(countEntries(admission, '10.0.0.1'), 200)
  const error = refusal(() => admission.checkRate('10.0.0.1'))
  assert.deepEqual([error.code, error.retryAfterMs], ['RATE_LIMITED', 20])
  assert.equal(countEntries(admission, '10.0.0.2'), 200)
  clock.advance(1000)
  assert.equal(countEntries(admission, '10.0.0.1'), 50)
})

test('the handshakes of all are bounded, also from loopback', t => {
  const { admission, clock } = setDoor(t)
  assert.equal(countEntries(admission, '127.0.0.1'), 1000)
  for (const ip of ['127.0.0.1', '10.0.0.1']) {
    const error = refusal(() => admission.checkRate(ip))
    assert.deepEqual([error.code, error.retryAfterMs], ['OVERLOADED', 1000])
  }
  clock.advance(100)
  assert.equal(countEntries(admission, '::1'), 100)
})

test('what one address sends in excess does not use up the handshakes of the others', t => {
  const { admission } = setDoor(t)
  for (let n = 0; n < 5000; n++) {
    try {
      admission.checkRate('10.0.0.1')
    } catch {}
  }
  assert.equal(countEntries(admission, '127.0.0.1'), 800)
})

test('the memory of addresses that came and went is given back', t => {
  const { admission, clock } = setDoor(t, { handshakesPerSecond: 1_000_000 })
  const before = usedHeapBytes()
  for (let n = 0; n < 50_000; n++) admission.checkRate(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
  const full = usedHeapBytes()
  clock.advance(10_000)
  const after = usedHeapBytes()
  assert.ok(full - before > 2_000_000)
  assert.ok(after - before < (full - before) / 4)
})

test('the memory of connections that came and went is given back', t => {
  const { admission } = setDoor(t)
  const comeAndGo = (n: number) =>
    admission.take(identityOf({ subject: `s${n}`, tenant: `t${n}` }), `10.0.0.${n}`).release()
  comeAndGo(0)
  const before = usedHeapBytes()
  for (let n = 1; n <= 20_000; n++) comeAndGo(n)
  assert.ok(usedHeapBytes() - before < 1_000_000)
  assert.equal(admission.count, 0)
})

test('an address that is still over its rate is not forgotten by the sweep', t => {
  const { admission, clock } = setDoor(t, { handshakesPerSecondPerIp: 1 })
  assert.equal(countEntries(admission, '10.0.0.1'), 200)
  clock.advance(10_000)
  assert.equal(countEntries(admission, '10.0.0.1'), 10)
})

test('a closed door leaves no timer', () => {
  const clock = new FakeClock()
  new Admission(clock, generous).close()
  assert.equal(clock.pending, 0)
})

for (const [ip, isSo] of [
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['127.evil.example', false],
  ['::ffff:127.evil', false],
  ['', false]
] as const) {
  test(`the address "${ip}" is ${isSo ? '' : 'not '}of this machine`, () => {
    assert.equal(isLoopback(ip), isSo)
  })
}
