import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { freePort, startPeer } from '../client/peer.ts'
import { runArqon, startArqon } from './arqon.ts'

for (const name of ['status', 'version']) {
  test(`${name} prints what the server answers, indented and with sorted keys`, async t => {
    const paths: (string | undefined)[] = []
    const peer = await startPeer(t, {
      onRequest: (request, response) => {
        paths.push(request.url)
        response.end('{"version":"1.0.0","build":{"git_commit":null,"build_date":"x"},"rooms":[],"10":1,"9":{}}')
      }
    })
    const ended = await runArqon(t, [name, '--http-url', `${peer.httpUrl}/`])
    assert.deepEqual(ended, {
      code: 0,
      stdout: `{
  "10": 1,
  "9": {},
  "build": {
    "build_date": "x",
    "git_commit": null
  },
  "rooms": [],
  "version": "1.0.0"
}
`,
      stderr: ''
    })
    assert.deepEqual(paths, [`/${name}`])
  })
}

test('takes the URL of the server from the environment, and keeps its path', async t => {
  const paths: (string | undefined)[] = []
  const peer = await startPeer(t, {
    onRequest: (request, response) => {
      paths.push(request.url)
      response.end('{}')
    }
  })
  const ended = await runArqon(t, ['version'], { ARQONBUS_HTTP_URL: `${peer.httpUrl}/bus` })
  assert.deepEqual(ended, { code: 0, stdout: '{}\n', stderr: '' })
  assert.deepEqual(paths, ['/bus/version'])
})

test('says that nothing listens and how to change that', async t => {
  const url = `http://127.0.0.1:${await freePort()}`
  assert.deepEqual(await runArqon(t, ['status', '--http-url', url]), {
    code: 1,
    stdout: '',
    stderr: `arqon: nothing listens on ${url}; start it with: npx arqonbus\n`
  })
})

test('says where a server without TLS is', async t => {
  const peer = await startPeer(t)
  const secureUrl = peer.httpUrl.replace('http:', 'https:')
  assert.deepEqual(await runArqon(t, ['version', '--http-url', secureUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: no TLS connection to ${secureUrl} comes about; without TLS it is ${peer.httpUrl}\n`
  })
})

test('says what a server that refuses answers', async t => {
  const peer = await startPeer(t, {
    onRequest: (_request, response) =>
      response.writeHead(503).end('{"error":"Server is overloaded","details":"Over pressure"}')
  })
  assert.deepEqual(await runArqon(t, ['status', '--http-url', peer.httpUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: ${peer.httpUrl}/status answered 503: Over pressure\n`
  })
})

test('says that an answer is not JSON', async t => {
  const peer = await startPeer(t, { onRequest: (_request, response) => response.end('<html>') })
  assert.deepEqual(await runArqon(t, ['version', '--http-url', peer.httpUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: ${peer.httpUrl} answered something that is not JSON; is it an ArqonBus server?\n`
  })
})

test('says that the connection was broken off', async t => {
  const peer = await startPeer(t, { onRequest: request => request.socket.destroy() })
  assert.deepEqual(await runArqon(t, ['version', '--http-url', peer.httpUrl]), {
    code: 1,
    stdout: '',
    stderr: `arqon: ${peer.httpUrl} broke the connection off\n`
  })
})

test('says why a request cannot be made at all', async t => {
  const { code, stderr } = await runArqon(t, ['version', '--http-url', 'http://127.0.0.1:6000'])
  assert.deepEqual([code, stderr], [1, 'arqon: the connection to http://127.0.0.1:6000 failed: bad port\n'])
})

test('ends with 130 when interrupted while it waits', async t => {
  const requests = new EventEmitter()
  const peer = await startPeer(t, { onRequest: () => requests.emit('request') })
  const { child, ended } = startArqon(t, ['status', '--http-url', peer.httpUrl])
  await once(requests, 'request')
  child.kill('SIGINT')
  assert.deepEqual(await ended, { code: 130, stdout: '', stderr: '' })
})
