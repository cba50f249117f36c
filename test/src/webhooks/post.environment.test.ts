import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { PostResult } from '../../../src/webhooks/post.ts'
import { certificateFile, readCertificate } from '../../support/certificate.ts'
import { type Listener, listen } from '../../support/listener.ts'

const program = fileURLToPath(new URL('../../support/post-process.ts', import.meta.url))
const trusting = { NODE_EXTRA_CA_CERTS: fileURLToPath(certificateFile) }

for (const host of ['127.0.0.1', 'localhost', 'sink.test']) {
  test(`a server whose certificate is trusted and names ${host} is spoken to`, async t => {
    const { sink, requests } = await startSink(t)
    const result = await postFrom(t, trusting, `https://${host}:${sink.port}/`)
    assert.deepEqual([result.outcome, result.status, requests.length], ['ok', 200, 1])
  })
}

test('a server whose certificate is trusted and names another host is not spoken to', async t => {
  const { sink, requests } = await startSink(t)
  const result = await postFrom(t, trusting, `https://other.test:${sink.port}/`)
  assert.deepEqual([result.outcome, sink.accepted, requests.length], ['network', 1, 0])
})

test('certificates are verified even where the environment says that they need not be', async t => {
  const { sink, requests } = await startSink(t)
  const result = await postFrom(t, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, `https://127.0.0.1:${sink.port}/`)
  assert.deepEqual([result.outcome, sink.accepted, requests.length], ['network', 1, 0])
})

test('a proxy in the environment is not used', async t => {
  const { sink, requests } = await startSink(t)
  const proxy = await listen(t, createNetServer())
  const address = `http://127.0.0.1:${proxy.port}`
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']
  const environment = {
    ...trusting,
    NODE_USE_ENV_PROXY: '1',
    ...Object.fromEntries(names.map(name => [name, address]))
  }
  const result = await postFrom(t, environment, `https://sink.test:${sink.port}/`)
  assert.deepEqual([result.outcome, requests.length, proxy.accepted], ['ok', 1, 0])
})

async function startSink(t: TestContext): Promise<{ sink: Listener; requests: (string | undefined)[] }> {
  const requests: (string | undefined)[] = []
  const server = createServer(readCertificate(), (request, response) => {
    requests.push(request.url)
    request.resume().on('end', () => response.end('thanks'))
  })
  return { sink: await listen(t, server), requests }
}

async function postFrom(t: TestContext, environment: NodeJS.ProcessEnv, url: string): Promise<PostResult> {
  const child = fork(program, [url], {
    env: { PATH: process.env.PATH, ...environment },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  t.after(() => child.kill())
  const [[result]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  return result as PostResult
}
