import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isName } from '../../../src/protocol/address.ts'
import { seedsOf, TELEMETRY_CHANNEL, TELEMETRY_ROOM } from '../../../src/rooms/seed.ts'

test('the world at start is the one that clients rely on', () => {
  const addresses = seedsOf({ room: 'omega-lab', channel: 'signals' }).map(({ room, channel }) => `${room}:${channel}`)
  assert.deepEqual(addresses, [
    'science:general',
    'science:explore',
    'science:hypothesize',
    'science:design',
    'science:execute',
    'science:interpret',
    'science:share',
    'integriguard:telemetry-stream',
    'integriguard:dashboard-events',
    'omega-lab:signals'
  ])
  assert.ok(addresses.includes(`${TELEMETRY_ROOM}:${TELEMETRY_CHANNEL}`))
})

test('every seed has names and a description', () => {
  for (const { room, channel, description } of seedsOf({ room: 'omega-lab', channel: 'signals' })) {
    assert.ok(isName(room) && isName(channel))
    assert.match(description, /^[A-Z]/)
  }
})
