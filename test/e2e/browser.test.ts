import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startServer } from '../helper.ts'
import { openPage } from '../support/browser.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

/** What every page begins with: a connection, commands with answers, and a transcript for the test. */
const prelude = `
  const query = new URLSearchParams(location.search)
  const waiting = new Map()
  const told = []
  let count = 0
  let socket
  function open(protocols) {
    socket = new WebSocket(query.get('bus') + '/ws', protocols)
    return new Promise((resolve, reject) => {
      socket.onerror = () => reject(new Error('refused'))
      socket.onmessage = event => {
        const frame = JSON.parse(event.data)
        const id = frame.request_id ?? frame.id
        if (frame.payload?.welcome) resolve(frame)
        else if (waiting.has(id)) { waiting.get(id)(frame); waiting.delete(id) }
        else told.push(frame)
      }
    })
  }
  function ask(frame) {
    const id = 'arq_page-' + ++count
    socket.send(JSON.stringify({ ...frame, id }))
    return new Promise(resolve => waiting.set(id, resolve))
  }
  const command = (command, args) => ask({ type: 'command', command, args })
  async function until(isSo) { while (!isSo()) await new Promise(resolve => setTimeout(resolve, 10)) }
  const report = value => fetch('/transcript', { method: 'POST', body: JSON.stringify(value) })
`

/** Serves a page whose script is run after the prelude, opens it, and resolves with what it reports. */
async function runPage(
  t: TestContext,
  query: Record<string, string>,
  script: string
): Promise<Record<string, unknown>> {
  const page = `<!doctype html><meta charset="utf-8"><title>Bus</title><script type="module">${prelude}
    try { await report(await (async () => { ${script} })()) } catch (error) { await report({ error: String(error) }) }
  </script>`
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page)
      return
    }
    let body = ''
    request.setEncoding('utf8').on('data', text => {
      body += text
    })
    request.on('end', () => {
      response.end()
      server.emit('transcript', JSON.parse(body))
    })
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

const visit = `
  const welcome = await open('arqonbus.v1')
  const joined = await command('join_channel', { channel_id: 'science:explore' })
  const published = await ask({ type: 'message', room: 'science', channel: 'explore', payload: { from: 'the page 🦊' } })
  await until(() => told.some(frame => frame.payload?.from === 'outside'))
  const left = await command('leave_channel', { channel_id: 'science:explore' })
  await ask({ type: 'message', room: 'science', channel: 'explore', payload: { from: 'the page, from outside' } })
  const history = await command('history', { room: 'science', channel: 'explore' })
  const closed = new Promise(resolve => { socket.onclose = event => resolve([event.code, event.wasClean]) })
  socket.close(1000)
  return {
    protocol: socket.protocol, welcome: welcome.payload.welcome, joined: joined.payload.data.channel_id,
    sequence: published.sequence, told: told.map(frame => frame.payload), left: left.payload.data.success,
    history: history.payload.data.history.map(entry => entry.payload.from), closed: await closed
  }
`

test('a page joins a channel, exchanges messages, leaves and sees the history', async t => {
  const server = await startServer(t)
  const outside = await server.connect()
  await outside.join('science:explore')
  const transcript = runPage(t, { bus: server.wsUrl }, visit)
  const heard = await outside.next(frame => frame.type === 'message')
  assert.deepEqual(heard.payload, { from: 'the page 🦊' })
  await outside.ask({ type: 'message', room: 'science', channel: 'explore', payload: { from: 'outside' } })
  assert.deepEqual(await transcript, {
    protocol: 'arqonbus.v1',
    welcome: 'Connected to ArqonBus',
    joined: 'science:explore',
    sequence: 1,
    told: [{ from: 'outside' }],
    left: true,
    history: ['the page 🦊', 'outside', 'the page, from outside'],
    closed: [1000, true]
  })
})

test('a page gets in with a token beside the subprotocol, and not without', async t => {
  const server = await startServer(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
  const token = signToken(validClaims(Date.now(), { sub: 'ada', tenant_id: 'acme' }))
  const transcript = await runPage(
    t,
    { bus: server.wsUrl, token },
    `
      const refused = await open('arqonbus.v1').then(() => 'let in', error => error.message)
      await open(['arqonbus.v1', 'bearer.' + query.get('token')])
      const { subject, client } = (await command('whoami')).payload.data
      return { refused, protocol: socket.protocol, subject, tenant: client.tenant_id }
    `
  )
  assert.deepEqual(transcript, { refused: 'refused', protocol: 'arqonbus.v1', subject: 'ada', tenant: 'acme' })
})

test('a page of an origin that is not listed is refused', async t => {
  const server = await startServer(t, { ARQONBUS_ALLOWED_ORIGINS: 'https://app.example.com' })
  const script = `return { outcome: await open('arqonbus.v1').then(() => 'let in', error => error.message) }`
  assert.deepEqual(await runPage(t, { bus: server.wsUrl }, script), { outcome: 'refused' })
})
