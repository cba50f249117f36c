import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOrder, type OrderLimits } from '../../../src/cron/order.ts'
import { BusError } from '../../../src/errors.ts'

const limits: OrderLimits = {
  cronMinIntervalMs: 100,
  maxCronDelaySeconds: 60,
  maxCronPayloadBytes: 20,
  maxCronRepeats: 10
}
const now = Date.UTC(2026, 0, 1)
const order = { room: 'lab', channel: 'one', payload: {} }

function refusalOf(args: object, isConnected = true, bounds: Partial<OrderLimits> = {}): BusError {
  try {
    checkOrder({ ...args }, isConnected, { ...limits, ...bounds }, now)
  } catch (error) {
    if (error instanceof BusError) return error
    throw error
  }
  assert.fail('it is let pass')
}

function letPass(args: object, isConnected = true, bounds: Partial<OrderLimits> = {}): void {
  checkOrder({ ...args }, isConnected, { ...limits, ...bounds }, now)
}

test('room, channel and payload are enough', () => letPass(order))

test('everything that can be said may be said', () => {
  letPass({ ...order, delay_seconds: 0.001, interval_seconds: 0.5, repeat_count: 3, lifetime: 'connection' })
  letPass({ ...order, cron: '0 3 * * *', timezone: 'Europe/Berlin', lifetime: 'tenant' })
})

test('an interval without a number of deliveries is allowed', () => letPass({ ...order, interval_seconds: 1 }))

/** What is wrong with an order, and what is said of it. */
const faults: readonly (readonly [args: object, faults: readonly string[]])[] = [
  [{ delay_seconds: 0 }, ['delay_seconds: must be a number above 0']],
  [{ delay_seconds: -1 }, ['delay_seconds: must be a number above 0']],
  [{ interval_seconds: 0 }, ['interval_seconds: must be a number above 0']],
  [{ repeat_count: 0 }, ['repeat_count: must be an integer from 1']],
  [{ repeat_count: 1.5, interval_seconds: 1 }, ['repeat_count: must be an integer from 1']],
  [{ repeat_count: 2 }, ['interval_seconds: is required with a repeat_count above 1']],
  [{ payload: [] }, ['payload: must be an object']],
  [{ payload: 'text' }, ['payload: must be an object']],
  [{ room: 'no good' }, ['room: must be a name of 1 to 64 letters, digits, ".", "_", "-"']],
  [{ room: '*' }, ['room: must be a name of 1 to 64 letters, digits, ".", "_", "-"']],
  [{ channel: 'pm' }, ['channel: must not be "pm", which is for private messages']],
  [{ lifetime: 'ever' }, ['lifetime: must be "connection" or "tenant"']],
  [{ soon: true }, ['soon: is not known']],
  [{ timezone: 'UTC' }, ['timezone: is only for cron']],
  [{ cron: 7 }, ['cron: must be a cron expression']],
  [{ cron: '* * * *' }, ['cron: must be an expression of five fields, such as "*/15 8-18 * * MON-FRI"']],
  [{ cron: '0 0 30 2 *' }, ['cron: names a date that never comes']],
  [
    { cron: '0 0 * * *', timezone: 'Mars/Base' },
    ['timezone: must be a time zone of the IANA database, such as "Europe/Berlin"']
  ],
  [
    { cron: '0 0 * * *', delay_seconds: 1, interval_seconds: 1, repeat_count: 2 },
    [
      'delay_seconds: cannot stand beside cron',
      'interval_seconds: cannot stand beside cron',
      'repeat_count: cannot stand beside cron'
    ]
  ]
]

for (const [args, said] of faults) {
  test(`${JSON.stringify(args)} is refused: ${said.join('; ')}`, () => {
    const error = refusalOf({ ...order, ...args })
    assert.equal(error.code, 'VALIDATION_ERROR')
    assert.deepEqual(error.faults, said)
  })
}

test('all faults are named at once, and the bounds with them', () => {
  const error = refusalOf({
    room: 'lab',
    payload: 1,
    delay_seconds: 61,
    repeat_count: 11,
    timezone: 'x',
    cron: 'y'
  })
  assert.deepEqual(error.faults, [
    'channel: is required',
    'payload: must be an object',
    'delay_seconds: cannot stand beside cron',
    'repeat_count: cannot stand beside cron',
    'timezone: must be a time zone of the IANA database, such as "Europe/Berlin"',
    'cron: must be an expression of five fields, such as "*/15 8-18 * * MON-FRI"',
    'delay_seconds: can be 60 at most',
    'repeat_count: can be 10 at most'
  ])
})

test('without a connection a job cannot end with it', () => {
  const args = { ...order, lifetime: 'connection' }
  assert.deepEqual(refusalOf(args, false).faults, ['lifetime: must be "tenant", since there is no connection'])
  letPass(args, true)
  letPass({ ...order, lifetime: 'tenant' }, false)
})

/** A bound: what is within it, what is beyond it, and what is said. */
const bounds: readonly (readonly [within: object, beyond: object, said: string])[] = [
  [{ delay_seconds: 60 }, { delay_seconds: 60.001 }, 'delay_seconds: can be 60 at most'],
  [{ interval_seconds: 60 }, { interval_seconds: 60.001 }, 'interval_seconds: can be 60 at most'],
  [{ interval_seconds: 0.1 }, { interval_seconds: 0.0999 }, 'interval_seconds: has to be 0.1 at least'],
  [
    { repeat_count: 10, interval_seconds: 1 },
    { repeat_count: 11, interval_seconds: 1 },
    'repeat_count: can be 10 at most'
  ],
  [
    { payload: { text: 'ééé-------' } },
    { payload: { text: 'ééé--------' } },
    'payload: can be 24 bytes of JSON at most'
  ]
]

for (const [within, beyond, said] of bounds) {
  test(`a bound is enforced one beyond it: ${said}`, () => {
    const size = { maxCronPayloadBytes: 24 }
    letPass({ ...order, ...within }, true, size)
    const error = refusalOf({ ...order, ...beyond }, true, size)
    assert.equal(error.code, 'LIMIT_EXCEEDED')
    assert.equal(error.message, `Limit exceeded: ${said}`)
  })
}

test('every interval that the settings allow can be ordered exactly', () => {
  for (let intervalMs = 10; intervalMs < 86_400_000; intervalMs = Math.ceil(intervalMs * 1.01)) {
    letPass({ ...order, interval_seconds: intervalMs / 1000 }, true, {
      cronMinIntervalMs: intervalMs,
      maxCronDelaySeconds: 86_400
    })
  }
})

test('an expression must not come more often than an interval may', () => {
  const rare = { cronMinIntervalMs: 300_000 }
  letPass({ ...order, cron: '*/5 * * * *' }, true, rare)
  assert.equal(
    refusalOf({ ...order, cron: '*/4 * * * *' }, true, rare).message,
    'Limit exceeded: cron: can come every 300 seconds at most'
  )
})
