import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { checkHandshake, checkOrigin, selectProtocol } from '../../../src/bus/handshake.ts'

const good: IncomingHttpHeaders = {
  host: 'bus.example.com:9100',
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

for (const headers of [
  {},
  { upgrade: 'WebSocket' },
  { 'sec-websocket-protocol': 'arqonbus.v1, bearer.a-b_c.d.e' },
  { 'sec-websocket-key': '////////////////////+w==' }
]) {
  test(`an upgrade with ${JSON.stringify(headers)} is accepted`, () => {
    checkHandshake({ ...good, ...headers })
  })
}

for (const [headers, fault] of [
  [{ upgrade: 'h2c' }, 'Upgrade must be websocket'],
  [{ upgrade: undefined }, 'Upgrade must be websocket'],
  [{ 'sec-websocket-version': '8' }, 'Sec-WebSocket-Version must be 13'],
  [{ 'sec-websocket-version': '13, 8' }, 'Sec-WebSocket-Version must be 13'],
  [{ 'sec-websocket-version': undefined }, 'Sec-WebSocket-Version must be 13'],
  [{ 'sec-websocket-key': undefined }, 'Sec-WebSocket-Key must be 16 bytes in base64'],
  [{ 'sec-websocket-key': '' }, 'Sec-WebSocket-Key must be 16 bytes in base64'],
  [{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ' }, 'Sec-WebSocket-Key must be 16 bytes in base64'],
  [{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25j' }, 'Sec-WebSocket-Key must be 16 bytes in base64'],
  [{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==, x' }, 'Sec-WebSocket-Key must be 16 bytes in base64'],
  [{ 'sec-websocket-protocol': 'a,,b' }, 'Sec-WebSocket-Protocol must list different tokens'],
  [{ 'sec-websocket-protocol': 'arqonbus.v1, arqonbus.v1' }, 'Sec-WebSocket-Protocol must list different tokens'],
  [{ 'sec-websocket-protocol': 'a b' }, 'Sec-WebSocket-Protocol must list different tokens']
] as const) {
  test(`an upgrade with ${JSON.stringify(headers)} is BAD_HANDSHAKE`, () => {
    assert.throws(() => checkHandshake({ ...good, ...headers } as IncomingHttpHeaders), {
      code: 'BAD_HANDSHAKE',
      faults: [fault]
    })
  })
}

test('everything wrong with an upgrade is named at once', () => {
  assert.throws(() => checkHandshake({}), {
    code: 'BAD_HANDSHAKE',
    faults: [
      'Upgrade must be websocket',
      'Sec-WebSocket-Version must be 13',
      'Sec-WebSocket-Key must be 16 bytes in base64'
    ]
  })
})

const host = 'bus.example.com:9100'
for (const [origin, allowed, isIn] of [
  [undefined, [], true],
  [undefined, ['https://app.example.com'], true],
  ['https://app.example.com', ['https://app.example.com'], true],
  ['https://app.example.com', ['https://other.example.com', 'https://app.example.com'], true],
  ['https://app.example.com', ['*'], true],
  ['null', ['*'], true],
  ['https://app.example.com', ['https://app.example.com:8443'], false],
  ['https://evil.example', ['https://app.example.com'], false],
  ['https://app.example.com.evil.example', ['https://app.example.com'], false],
  ['http://bus.example.com:9100', ['https://app.example.com'], false],
  ['http://localhost:3000', ['https://app.example.com'], false],
  ['http://bus.example.com:9100', [], false],
  ['http://10.1.2.3:9100', [], false],
  ['http://localhost', [], true],
  ['http://localhost:3000', [], true],
  ['http://127.0.0.1:3000', [], true],
  ['http://[::1]:3000', [], true],
  ['http://bus.example.com', [], false],
  ['http://bus.example.com:9101', [], false],
  ['https://evil.example', [], false],
  ['http://localhost.evil.example', [], false],
  ['http://127.evil.example', [], false],
  ['http://127.0.0.1.evil.example', [], false],
  ['null', [], false],
  ['', [], false],
  ['not an origin', [], false]
] as const) {
  test(`the origin ${JSON.stringify(origin)} is ${isIn ? '' : 'not '}let in where ${JSON.stringify(allowed)} are allowed`, () => {
    const check = (): void => checkOrigin({ host, origin }, allowed)
    if (isIn) check()
    else assert.throws(check, { code: 'ORIGIN_DENIED' })
  })
}

test('the own address is an address: a name that may point anywhere is not, and neither is another port', () => {
  checkOrigin({ host: '10.1.2.3:9100', origin: 'http://10.1.2.3:9100' }, [])
  checkOrigin({ host: '[fd00::1]:9100', origin: 'http://[fd00::1]:9100' }, [])
  for (const headers of [
    { host: '10.1.2.3:9100', origin: 'http://10.1.2.3:9101' },
    { origin: 'http://10.1.2.3:9100' },
    { host: 'rebound.example:9100', origin: 'http://rebound.example:9100' }
  ]) {
    assert.throws(() => checkOrigin(headers, []), { code: 'ORIGIN_DENIED' })
  }
})

test('of the subprotocols offered only the own one is ever echoed', () => {
  assert.equal(selectProtocol(new Set(['bearer.a.b.c', 'arqonbus.v1'])), 'arqonbus.v1')
  assert.equal(selectProtocol(new Set(['bearer.a.b.c'])), false)
  assert.equal(selectProtocol(new Set()), false)
})
