import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import { createAddressGuard } from '../../../src/webhooks/guard.ts'
import { readRequest } from '../../../src/webhooks/request.ts'

const guard = createAddressGuard([])
const url = 'https://hooks.example.com/bus'

function faultsOf(args: Record<string, unknown>): readonly string[] {
  try {
    readRequest(args, guard)
  } catch (error) {
    assert.ok(error instanceof BusError && error.code === 'VALIDATION_ERROR')
    return error.faults
  }
  return []
}

test('a URL is enough', () => {
  assert.deepEqual(readRequest({ url }, guard), {
    url,
    room: null,
    channel: null,
    headers: {},
    timeoutMs: 2000,
    secret: undefined,
    types: ['message', 'event'],
    lifetime: 'connection'
  })
})

const places: readonly (readonly [args: Record<string, unknown>, room: string | null, channel: string | null])[] = [
  [{ room: 'science', channel: 'explore' }, 'science', 'explore'],
  [{ room: 'science:explore' }, 'science', 'explore'],
  [{ room: 'science:explore', channel: 'explore' }, 'science', 'explore'],
  [{ room: 'sci*:?x' }, 'sci*', '?x'],
  [{ room: null, channel: null }, null, null],
  [{ room: '', channel: '' }, null, null],
  [{ channel: 'explore' }, null, 'explore'],
  [{ room: `${'a'.repeat(64)}` }, 'a'.repeat(64), null]
]

for (const [args, room, channel] of places) {
  test(`${JSON.stringify(args).slice(0, 60)} is room ${room?.slice(0, 10)}, channel ${channel}`, () => {
    const request = readRequest({ url, ...args }, guard)
    assert.deepEqual([request.room, request.channel], [room, channel])
  })
}

test('everything that is wrong is named at once', () => {
  const secret = 'open sesame'
  const headers = { Host: 'x', 'X-Good': 'a\r\nb' }
  const faults = faultsOf({
    url: 'ftp://10.0.0.1/',
    room: 'a b',
    channel: 'c'.repeat(65),
    headers,
    secret,
    types: ['private'],
    timeout_seconds: 0.09,
    lifetime: 'for ever',
    retries: 9
  })
  assert.deepEqual([...faults].sort(), [
    'channel: must be a name, or a pattern with "*" and "?", of up to 64 characters',
    'headers.Host: must not be set',
    'headers.X-Good: must be at most 1024 visible ASCII characters',
    'lifetime: must be "connection" or "tenant"',
    'retries: is not known',
    'room: must be a name, or a pattern with "*" and "?", of up to 64 characters',
    'secret: must be whsec_ and then 24 to 64 bytes in base64',
    'timeout_seconds: must be a number from 0.1 to 10',
    'types: must be a list of "message", "event" or both',
    'url: must be http or https'
  ])
  assert.doesNotMatch(faults.join(), /sesame/)
})

const refused: readonly (readonly [args: Record<string, unknown>, fault: string])[] = [
  [{}, 'url: is required'],
  [{ url: 7 }, 'url: must be a URL of up to 2048 characters'],
  [{ url: `${url}/${'a'.repeat(2048)}` }, 'url: must be a URL of up to 2048 characters'],
  [{ url: 'http://127.0.0.1/' }, 'url: this address cannot be used'],
  [{ url, timeout_seconds: 10.1 }, 'timeout_seconds: must be a number from 0.1 to 10'],
  [{ url, headers: ['X-A'] }, 'headers: must be an object of texts'],
  [{ url, headers: { 'X-A': 1 } }, 'headers.X-A: must be text'],
  [{ url, types: [] }, 'types: must be a list of "message", "event" or both'],
  [{ url, room: 'a:b', channel: 'c' }, 'channel: is given twice, and differently'],
  [{ url, room: 'a:b:c' }, 'channel: must be a name, or a pattern with "*" and "?", of up to 64 characters']
]

for (const [args, fault] of refused) {
  test(`${JSON.stringify(args).slice(0, 60)} is refused: ${fault}`, () => assert.deepEqual(faultsOf(args), [fault]))
}

for (const timeout_seconds of [0.1, 10]) {
  test(`${timeout_seconds} s are accepted`, () => {
    assert.equal(readRequest({ url, timeout_seconds }, guard).timeoutMs, timeout_seconds * 1000)
  })
}
