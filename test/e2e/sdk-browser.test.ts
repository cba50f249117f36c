import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { connect } from '../../src/client/index.ts'
import { startServer } from '../helper.ts'
import { openPage } from '../support/browser.ts'
import { bundleClient } from '../support/bundle.ts'
import { startProxy } from '../support/proxy.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const MAX_BYTES = 15_000

test('the file for browsers is small, and needs nothing beside it', () => {
  const { text, inputs, imports } = bundleClient()
  const { length } = gzipSync(text, { level: 9 })
  assert.ok(length < MAX_BYTES, `${length} bytes, compressed`)
  assert.deepEqual(imports, [])
  // In place of the socket for Node it has a sentence that no browser ever gets to see.
  assert.deepEqual(
    inputs.filter(path => !path.startsWith('src/')),
    ['node_modules/ws/browser.js']
  )
})

/** Serves the library beside a page, and resolves with what the page reports. */
async function runPage(t: TestContext, query: Record<string, string>, script: string): Promise<unknown> {
  const library = bundleClient().text
  const page = `<!doctype html><meta charset="utf-8"><title>SDK</title><script type="module">
    import { connect, BusClientError } from '/arqonbus.min.js'
    const query = new URLSearchParams(location.search)
    const report = value => fetch('/transcript', { method: 'POST', body: JSON.stringify(value) })
    try { await report(await (async () => { ${script} })()) } catch (error) { await report({ error: String(error) }) }
  </script>`
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const chunks = await request.toArray()
      response.end()
      server.emit('transcript', JSON.parse(Buffer.concat(chunks).toString()))
    } else if (request.url === '/arqonbus.min.js') response.setHeader('content-type', 'text/javascript').end(library)
    else response.setHeader('content-type', 'text/html; charset=utf-8').end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const transcript = once(server, 'transcript', { signal: AbortSignal.timeout(60_000) })
  openPage(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/?${new URLSearchParams(query)}`)
  return (await transcript)[0]
}

test('a page exchanges messages, is cut off, comes back and misses nothing', async t => {
  const server = await startServer(t)
  const proxy = await startProxy(t, (server.app.server.address() as AddressInfo).port)
  const outside = await connect(server.wsUrl)
  t.after(() => outside.close())
  const inbox = outside.channel('science:explore')
  await inbox.join()
  const messages = inbox.messages()
  const transcript = runPage(
    t,
    { bus: proxy.wsUrl },
    `
      const bus = await connect(query.get('bus') + '/ws', { reconnect: { baseMs: 20, maxMs: 100 } })
      const states = []
      bus.on('state', ({ state }) => states.push(state))
      const channel = bus.channel('science:explore')
      await channel.join()
      const read = []
      const loop = (async () => {
        for await (const { payload } of channel) if (read.push(payload.n) === 3) break
      })()
      const first = await channel.publish({ from: 'the page 🦊' })
      await loop
      const refusal = await bus.command('create_channel', { room: 'a', channel: 'b' }).catch(error => error)
      const second = await channel.publish({ from: 'the page again' })
      await bus.close()
      return {
        // Several attempts may be needed: what counts is the way, not how often it was tried.
        read, states: [...new Set(states)], sequences: [first.sequence, second.sequence],
        refusal: [refusal instanceof BusClientError, refusal.code]
      }
    `
  )
  assert.deepEqual((await messages.next()).value?.payload, { from: 'the page 🦊' })
  await inbox.publish({ n: 1 })
  proxy.setDown(true)
  proxy.cutAll()
  await inbox.publish({ n: 2 })
  proxy.setDown(false)
  await inbox.publish({ n: 3 })
  assert.deepEqual((await messages.next()).value?.payload, { from: 'the page again' })
  assert.deepEqual(await transcript, {
    read: [1, 2, 3],
    states: ['waiting', 'connecting', 'recovering', 'open', 'closed'],
    sequences: [1, 5],
    refusal: [true, 'AUTHORIZATION_ERROR']
  })
})

test('a page presents a token, and learns nothing of a refusal', async t => {
  const server = await startServer(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
  const token = signToken(validClaims(Date.now(), { sub: 'ada' }))
  const transcript = await runPage(
    t,
    { bus: server.wsUrl, token },
    `
      const refused = await connect(query.get('bus')).catch(({ code }) => code)
      const bus = await connect(query.get('bus'), { getToken: () => query.get('token') })
      return { refused, subject: (await bus.command('whoami')).data.subject }
    `
  )
  assert.deepEqual(transcript, { refused: 'UNREACHABLE', subject: 'ada' })
})
