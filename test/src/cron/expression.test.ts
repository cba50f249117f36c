import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isExpression, isTimezone, MAX_EXPRESSION_LENGTH, nextTime } from '../../../src/cron/expression.ts'

const accepted = [
  '* * * * *',
  '*/15 8-18 * * MON-FRI',
  '0,30 0-6/2 1,15 jan-mar 0',
  '0 0 * * 7',
  '0 0 L * *',
  '0 0 * * 5L',
  '0 0 * * FRI#2',
  '0 0 * * WED',
  '  0\t0  * *  * '
]

for (const text of accepted)
  test(`${JSON.stringify(text)} is an expression`, () => assert.equal(isExpression(text), true))

const refused = [
  '',
  'soon',
  '* * * *',
  '* * * * * *',
  '0 * * * * * 2026',
  '@daily',
  '@reboot',
  '2026-05-01T00:00:00Z',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * 32 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  '*/61 * * * *',
  '5/5 * * * *',
  '0 0 15W * *',
  '0 0 LW * *',
  '0 0 1 * +MON',
  '? * * * *',
  'H * * * *',
  '0 0 * * MONDAY'
]

for (const text of refused)
  test(`${JSON.stringify(text)} is no expression`, () => assert.equal(isExpression(text), false))

test('an expression can have the greatest length and no more', () => {
  const text = `${'0,'.repeat(123)}0 * * * *`
  assert.equal(text.length, MAX_EXPRESSION_LENGTH - 1)
  assert.equal(isExpression(`${text} `), true)
  assert.equal(isExpression(`${text}  `), false)
})

test('whatever text comes, it is said whether it is an expression, and what is one can be asked for its next time', () => {
  const field = fc.string({ unit: fc.constantFrom(...'0123456789*,-/#LMONJAFEB'), minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(field, { minLength: 4, maxLength: 6 }), fields => {
      const text = fields.join(' ')
      if (!isExpression(text)) return
      const next = nextTime(text, 'Europe/Berlin', 0)
      assert.ok(next === undefined || (next > 0 && next % 60_000 === 0))
    }),
    { numRuns: 500 }
  )
})

test('names of the IANA database are time zones, anything else is not', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']) {
    assert.equal(isTimezone(name), true, name)
  }
  for (const name of ['', 'Mars/Base', '+01:00', 'constructor', '../zone', ' UTC', 'x'.repeat(65)]) {
    assert.equal(isTimezone(name), false, name)
  }
})

test('the next time is after the moment, never at it', () => {
  const midnight = Date.UTC(2026, 0, 1)
  assert.equal(nextTime('0 0 * * *', 'UTC', midnight - 1), midnight)
  assert.equal(nextTime('0 0 * * *', 'UTC', midnight), midnight + 86_400_000)
  assert.equal(nextTime('0 0 * * *', 'UTC', midnight + 999), midnight + 86_400_000)
})

test('a date that does not exist never comes', () => {
  assert.equal(nextTime('0 0 30 2 *', 'UTC', Date.UTC(2026, 0, 1)), undefined)
  assert.equal(nextTime('0 0 29 2 *', 'UTC', Date.UTC(2096, 2, 1)), Date.UTC(2104, 1, 29))
})

test('when both days are given, either will do', () => {
  assert.deepEqual(timesOf('0 0 1 * MON', 'UTC', '2026-05-26T00:00:00Z', 3), [
    '2026-06-01T00:00:00.000Z',
    '2026-06-08T00:00:00.000Z',
    '2026-06-15T00:00:00.000Z'
  ])
})

/** Times of expressions around a change of the clocks: zone, from, expression, times in UTC. */
const changes: readonly (readonly [
  what: string,
  zone: string,
  from: string,
  text: string,
  times: readonly string[]
])[] = [
  [
    'a time that is left out comes at the end of the gap',
    'Europe/Berlin',
    '2026-03-28T12:00Z',
    '30 2 * * *',
    ['29T01:00', '30T00:30']
  ],
  [
    'a time that is left out comes at the end of the gap',
    'America/New_York',
    '2026-03-07T12:00Z',
    '30 2 * * *',
    ['08T07:00', '09T06:30']
  ],
  [
    'several times in the gap do not come',
    'Europe/Berlin',
    '2026-03-28T12:00Z',
    '15,45 2 * * *',
    ['30T00:15', '30T00:45']
  ],
  [
    'several times in the gap do not come',
    'America/New_York',
    '2026-03-07T12:00Z',
    '*/30 2 * * *',
    ['09T06:00', '09T06:30']
  ],
  [
    'every hour goes on over the gap',
    'Europe/Berlin',
    '2026-03-28T23:45Z',
    '30 * * * *',
    ['29T00:30', '29T01:30', '29T02:30']
  ],
  [
    'every hour goes on over the gap',
    'America/New_York',
    '2026-03-08T05:45Z',
    '30 * * * *',
    ['08T06:30', '08T07:30', '08T08:30']
  ],
  [
    'a time that is doubled comes once, the first time',
    'Europe/Berlin',
    '2026-10-24T12:00Z',
    '30 2 * * *',
    ['25T00:30', '26T01:30']
  ],
  [
    'a time that is doubled comes once, the first time',
    'America/New_York',
    '2026-10-31T12:00Z',
    '30 1 * * *',
    ['01T05:30', '02T06:30']
  ],
  [
    'a doubled time that has come does not come again',
    'Europe/Berlin',
    '2026-10-25T00:45Z',
    '30 2 * * *',
    ['26T01:30']
  ],
  [
    'every half hour comes in both doubled hours',
    'Europe/Berlin',
    '2026-10-25T00:15Z',
    '*/30 2 * * *',
    ['25T00:30', '25T01:00', '25T01:30']
  ],
  [
    'every hour comes in both doubled hours',
    'America/New_York',
    '2026-11-01T04:45Z',
    '30 * * * *',
    ['01T05:30', '01T06:30', '01T07:30']
  ]
]

for (const [what, zone, from, text, times] of changes) {
  test(`${what}: ${text} in ${zone}`, () => {
    const seen = timesOf(text, zone, from, times.length)
    assert.deepEqual(
      seen.map(time => time.slice(8, 16)),
      times
    )
  })
}

function timesOf(text: string, zone: string, from: string, count: number): string[] {
  const times: string[] = []
  let at = Date.parse(from)
  for (let turn = 0; turn < count; turn++) {
    at = nextTime(text, zone, at) ?? assert.fail(`${text} never comes again`)
    times.push(new Date(at).toISOString())
  }
  return times
}
