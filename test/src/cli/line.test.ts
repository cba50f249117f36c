import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLine, formatRaw } from '../../../src/cli/line.ts'
import { messageText } from '../client/peer.ts'

test('prints a message as one line', () => {
  assert.equal(
    formatLine(messageText(3)),
    '2026-01-01T00:00:00.000Z type=message sender=arq_client_2 room=science channel=general payload={"n":3}'
  )
})

for (const frame of ['{}', '{"timestamp":"","type":null,"room":""}']) {
  test(`prints what is missing in ${frame} as dashes`, () => {
    assert.equal(formatLine(frame), '- type=- sender=- room=- channel=- payload=-')
  })
}

for (const [frame, payload] of [
  ['[2,1]', '[2,1]'],
  ['null', 'null'],
  ['no json', '"no json"']
] as const) {
  test(`prints ${frame} as nothing but payload`, () => {
    assert.equal(formatLine(frame), `- type=- sender=- room=- channel=- payload=${payload}`)
  })
}

test('quotes a field that would break the line or steer the terminal', () => {
  const frame = {
    timestamp: 1,
    type: 'a b',
    sender: 'x\n2026 type=message',
    room: '\u001b[2J',
    channel: '\u009b',
    payload: {}
  }
  assert.equal(
    formatLine(JSON.stringify(frame)),
    '1 type="a b" sender="x\\n2026 type=message" room="\\u001b[2J" channel="\\u009b" payload={}'
  )
})

test('prints a raw frame with sorted keys', () => {
  assert.equal(formatRaw('{"b": {"d": 1, "c": 2}, "a": []}'), '{"a":[],"b":{"c":2,"d":1}}')
})
