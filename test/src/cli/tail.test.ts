import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Frame } from '../../../src/client/index.ts'
import { freePort, messageText, responseOf, startPeer, welcomeFrame } from '../client/peer.ts'
import { runArqon, startArqon } from './arqon.ts'

const rawWelcome =
  '{"id":"arq_welcome","metadata":{},"payload":{"client_id":"arq_client_1","features":[],"limits":{},"protocol":"1.0",' +
  '"welcome":"Connected to ArqonBus"},"sender":"arqonbus","timestamp":"2026-01-01T00:00:00.000Z","type":"message","version":"1.0"}\n'

const welcomeLine =
  '2026-01-01T00:00:00.000Z type=message sender=arqonbus room=- channel=- payload={"client_id":"arq_client_1","features":[],' +
  '"limits":{},"protocol":"1.0","welcome":"Connected to ArqonBus"}\n'

test('prints the welcome as raw JSON and ends', async t => {
  const peer = await startPeer(t)
  const ended = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--raw', '--limit', '1'])
  assert.deepEqual(ended, { code: 0, stdout: rawWelcome, stderr: '' })
})

test('reads one frame from the server that the environment names, as a line for people', async t => {
  const peer = await startPeer(t)
  const ended = await runArqon(t, ['tail'], { ARQONBUS_WS_URL: peer.wsUrl })
  assert.deepEqual(ended, { code: 0, stdout: welcomeLine, stderr: '' })
})

test('sends a frame after connecting and prints the answer', async t => {
  const peer = await startPeer(t, { onFrame: (frame, socket) => socket.send(responseOf(frame, { b: 1, a: 2 })) })
  const frame = '{"type": "command", "id": "arq_1", "command": "status"}'
  const { code, stdout } = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--send', frame, '--limit', '2'])
  assert.equal(code, 0)
  assert.equal(
    stdout,
    `${welcomeLine}- type=response sender=arqonbus room=- channel=- payload={"data":{"a":2,"b":1},"message":"done"}\n`
  )
  assert.deepEqual(peer.received, [JSON.parse(frame)])
})

test('prints no more frames than it is told to, however many come at once', async t => {
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      request.socket.cork()
      for (let sequence = 1; sequence <= 9; sequence++) socket.send(messageText(sequence))
      request.socket.uncork()
    }
  })
  const { code, stdout } = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--raw', '--limit', '3'])
  assert.equal(code, 0)
  const frames: Frame[] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.deepEqual(
    frames.map(frame => frame.sequence),
    [1, 2, 3]
  )
})

test('presents the token and every header', async t => {
  const headers: Record<string, unknown>[] = []
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      headers.push(request.headers)
      socket.send(JSON.stringify(welcomeFrame))
    }
  })
  const args = ['tail', '--ws-url', peer.wsUrl, '--jwt', 'a.b.c', '--header', 'X-One: 1', '--header', 'x-two:a:b']
  assert.equal((await runArqon(t, args)).code, 0)
  const { authorization, 'x-one': one, 'x-two': two } = headers[0]!
  assert.deepEqual([authorization, one, two], ['Bearer a.b.c', '1', 'a:b'])
})

test('follows without end until interrupted, then hangs up and ends with 130', async t => {
  const peer = await startPeer(t, {
    onConnection: socket => {
      for (const sequence of [1, 2, 3]) socket.send(messageText(sequence))
    }
  })
  const { child, ended } = startArqon(t, ['tail', '--ws-url', peer.wsUrl, '--limit', '0'])
  await once(child.stdout, 'data')
  const closed = once([...peer.clients][0]!, 'close')
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.deepEqual([code, stderr], [130, ''])
  assert.equal((await closed)[0], 1000)
})

test('ends quietly when nobody reads its output any more', async t => {
  const peer = await startPeer(t, {
    onConnection: socket => {
      socket.send(messageText(1))
      const timer = setInterval(() => socket.send(messageText(2)), 5)
      socket.on('close', () => clearInterval(timer))
    }
  })
  const { child, ended } = startArqon(t, ['tail', '--ws-url', peer.wsUrl, '--limit', '0'])
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const { code, stderr } = await ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('fails when the wanted frames do not come in time, after printing those that did', async t => {
  const peer = await startPeer(t)
  const ended = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--raw', '--limit', '2', '--timeout-seconds', '0.4'])
  assert.equal(ended.code, 1)
  assert.match(ended.stderr, /^arqon: received [01] of 2 frames from ws:\/\/127\.0\.0\.1:\d+ within 0\.4 seconds\n$/)
})

test('fails when nothing at all comes from an endless tail', async t => {
  const peer = await startPeer(t, { onConnection: () => {} })
  const ended = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--limit', '0', '--timeout-seconds', '0.2'])
  assert.deepEqual(ended, {
    code: 1,
    stdout: '',
    stderr: `arqon: received 0 frames from ${peer.wsUrl} within 0.2 seconds\n`
  })
})

test('fails when the server closes first, and says why', async t => {
  const peer = await startPeer(t, {
    onConnection: socket => {
      socket.send(JSON.stringify(welcomeFrame))
      socket.close(4410)
    }
  })
  const ended = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--limit', '2'])
  assert.deepEqual(ended, {
    code: 1,
    stdout: welcomeLine,
    stderr: `arqon: received 1 of 2 frames from ${peer.wsUrl}, then the connection was closed with 4410 (the token has expired): get a new token, then recover\n`
  })
})

test('fails when a token is missing, and says how to present one', async t => {
  const peer = await startPeer(t, {
    refuses: true,
    onRequest: (_request, response) =>
      response.writeHead(401).end('{"error":"Unauthorized","details":"Missing bearer token"}')
  })
  const ended = await runArqon(t, ['tail', '--ws-url', `${peer.wsUrl}/ws?token=secret`])
  assert.deepEqual(ended, {
    code: 1,
    stdout: '',
    stderr: `arqon: ${peer.wsUrl}/ws answered 401: Missing bearer token; present a valid token with --jwt, --jwt-file or $ARQONBUS_TOKEN\n`
  })
})

test('fails when the server is overloaded', async t => {
  const peer = await startPeer(t, {
    refuses: true,
    onRequest: (_request, response) =>
      response.writeHead(503).end('{"error":"Server is overloaded","code":"OVERLOADED"}')
  })
  const ended = await runArqon(t, ['tail', '--ws-url', peer.wsUrl])
  assert.deepEqual(ended, { code: 1, stdout: '', stderr: `arqon: ${peer.wsUrl} answered 503: Server is overloaded\n` })
})

test('fails when nothing listens, and says how to change that', async t => {
  const url = `ws://127.0.0.1:${await freePort()}`
  const ended = await runArqon(t, ['tail', '--ws-url', url])
  assert.deepEqual(ended, {
    code: 1,
    stdout: '',
    stderr: `arqon: nothing listens on ${url}; start it with: npx arqonbus\n`
  })
})

test('says where a server without TLS is', async t => {
  const peer = await startPeer(t)
  const secureUrl = peer.wsUrl.replace('ws:', 'wss:')
  assert.deepEqual(await runArqon(t, ['tail', '--ws-url', secureUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: no TLS connection to ${secureUrl} comes about; without TLS it is ${peer.wsUrl}\n`
  })
})

test('says that a place speaks HTTP and is no bus', async t => {
  const peer = await startPeer(t, {
    refuses: true,
    onRequest: (_request, response) => response.end('{"status":"fine"}')
  })
  assert.deepEqual(await runArqon(t, ['tail', '--ws-url', peer.wsUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: ${peer.wsUrl} answered 200: this is HTTP, and no bus\n`
  })
})

test('prints frames that are not JSON objects on one line each', async t => {
  const peer = await startPeer(t, {
    onConnection: socket => {
      for (const garbage of ['not\njson', '[1]', '\u001b[2J']) socket.send(garbage)
    }
  })
  const { code, stdout } = await runArqon(t, ['tail', '--ws-url', peer.wsUrl, '--raw', '--limit', '3'])
  assert.deepEqual([code, stdout], [0, '"not\\njson"\n[1]\n"\\u001b[2J"\n'])
})

test('does not wait for a server that does not close', async t => {
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      socket.send(JSON.stringify(welcomeFrame))
      request.socket.pause()
    }
  })
  assert.deepEqual(await runArqon(t, ['tail', '--ws-url', peer.wsUrl]), { code: 0, stdout: welcomeLine, stderr: '' })
})
