import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMessage } from '../../../../src/cli/print/message.ts'
import { unstyled } from '../../../../src/cli/print/style.ts'
import type { BusMessage } from '../../../../src/client/index.ts'

const message: BusMessage = {
  id: 'arq_1',
  type: 'message',
  sender: 'arq_client_0123456789abcdef',
  timestamp: new Date(2026, 0, 1, 9, 5, 7).toISOString(),
  room: 'science',
  channel: 'explore',
  payload: { text: 'Hello', n: 1 },
  metadata: {}
}

test('shows a message on one line: when, where, from whom, what', () => {
  assert.equal(describeMessage(message, unstyled), '09:05:07 science:explore …89abcdef {"n":1,"text":"Hello"}')
})

test('names the type where it is not a plain message, and where a message without an address came from', () => {
  const { room: _, channel: __, ...more } = message
  assert.match(
    describeMessage({ ...more, type: 'private', sender: 'op-cron' }, unstyled),
    /^09:05:07 private op-cron private \{/
  )
  assert.match(describeMessage({ ...more, room: 'science', type: 'system' }, unstyled), / science …89abcdef system /)
})

test('cuts the payload to the width of the terminal', () => {
  const line = describeMessage({ ...message, payload: { text: 'x'.repeat(500) } }, unstyled, 100)
  assert.equal(line.length, 100)
  assert.ok(line.endsWith('…'))
})

test('shows a time that is none as it is', () => {
  assert.match(describeMessage({ ...message, timestamp: 'soon' }, unstyled), /^soon science/)
})
