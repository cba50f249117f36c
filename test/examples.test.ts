import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from './helper.ts'
import { InspectedPage } from './support/inspected-page.ts'
import { until } from './support/until.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const alias = new URL('support/source-alias.mjs', import.meta.url).href

/** Examples that are run here, or in the tests of the documents and of the Python package. */
const known = ['agents', 'casil', 'chat', 'cron-digest', 'dashboard-feed', 'hello', 'hello-bot', 'webhook-receiver']

/** An example as a process of its own, with what it has printed. */
function start(t: TestContext, file: string, env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '--import', alias, `examples/${file}`], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', chunk => {
      output += chunk
    })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    output: () => output,
    lines: () => output.trimEnd().split('\n'),
    prints: (pattern: RegExp) => until(`${file} prints ${pattern}`, () => pattern.test(output)),
    async end() {
      const [code] = await ended
      assert.equal(code, 0, output)
    }
  }
}

async function setBus(t: TestContext, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  return { ...server, env: { ARQONBUS_WS_URL: server.wsUrl, ARQONBUS_HTTP_URL: server.httpUrl } }
}

test('every example is run by a test', () => {
  const folders = readdirSync(new URL('../examples', import.meta.url), { withFileTypes: true })
  assert.deepEqual(
    folders
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name)
      .sort(),
    known
  )
})

test('the bot greets who comes in and answers who speaks to it', async t => {
  const { env, connect } = await setBus(t)
  const bot = start(t, 'hello-bot/bot.ts', env)
  await bot.prints(/hello-bot is in science:general/)
  const ada = await connect('/ws?screen_name=Ada')
  await ada.join('science:general')
  const greeting = await ada.next(frame => frame.type === 'message' && frame.channel === 'general')
  assert.equal(greeting.payload.text, 'Hello, Ada!')
  ada.send({ type: 'message', room: 'science:general', payload: { text: 'hello-bot, are you there?' }, ack: false })
  const answer = await ada.next(frame => frame.payload?.text === 'Hello, world!')
  assert.equal(answer.sender, greeting.sender)
})

test('the team of agents finishes all tasks, also those that the critic sends back', async t => {
  const { env } = await setBus(t)
  const team = start(t, 'agents/team.js', env)
  await team.end()
  assert.match(team.output(), /^100 - 58 = 42 \(\w+, attempt 2\)$/m)
  assert.match(team.output(), /^12 \+ 30 = 42 \(\w+, attempt 1\)$/m)
  assert.equal(team.lines().length, 5)
  assert.equal(team.lines().at(-1), '4 tasks done')
})

test('the feed counts what happens', async t => {
  const { env, app, connect } = await setBus(t)
  const feed = start(t, 'dashboard-feed/feed.js', env)
  await until('it watches', () => app.feed.size === 1)
  await connect()
  await feed.prints(/"client_connected":1/)
})

test('the receiver of webhooks prints what is signed, once, and refuses what is not', async t => {
  const { env, connect, app } = await setBus(t)
  const receiver = start(t, 'webhook-receiver/receiver.js', env)
  await receiver.prints(/waits for messages to science:share/)
  const ada = await connect()
  await ada.ask({ type: 'message', room: 'science:share', payload: { found: 'a comet' } })
  await receiver.prints(/arq_client_\w+: \{"found":"a comet"\}/)
  const [rule] = app.webhooks.list({ id: 'a test', tenant: 'default', isAdmin: true })
  const forged = await fetch(String(Reflect.get(rule ?? {}, 'url')), { method: 'POST', body: '{}' })
  assert.equal(forged.status, 401)
})

test('the digest comes three times', async t => {
  const { env, connect } = await setBus(t)
  const ada = await connect()
  await ada.join('digest:out')
  await ada.ask({ type: 'message', room: 'science:explore', payload: { n: 1 } })
  const digest = start(t, 'cron-digest/digest.js', { ...env, DIGEST_SECONDS: '0.2' })
  await digest.end()
  assert.match(digest.output(), /1: 1 new messages from 1 clients\n2: 0 new messages from 0 clients\n3: 0 new/)
  await ada.settle()
  assert.equal(ada.received().length, 3)
})

test('the walk through CASIL watches, redacts, and blocks', async t => {
  const { env } = await setBus(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const walk = start(t, 'casil/walk.js', env)
  await walk.end()
  const [monitor = '', redacted = '', blocked = ''] = walk.output().split(/^enforce.*$/m)
  assert.match(monitor, /"password":"hunter2"/)
  assert.match(redacted, /"password":"\*\*\*REDACTED\*\*\*"/)
  assert.doesNotMatch(redacted, /hunter2|sk_live/)
  assert.match(blocked, /CASIL_POLICY_BLOCKED_SECRET$/m)
  assert.doesNotMatch(blocked, /the member gets/)
})

test('two windows of the chat hear each other, and text stays text', async t => {
  const { wsUrl } = await startServer(t)
  const html = readFileSync(new URL('../examples/chat/index.html', import.meta.url))
  const files = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  t.after(() => files.close())
  await once(files.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/?bus=${encodeURIComponent(`${wsUrl}/ws`)}`
  const ada = await InspectedPage.open(t, url)
  await ada.when('the channel', `document.getElementById('state').textContent.includes('chat:lobby, 1 here')`)
  const bob = await InspectedPage.open(t, url)
  await bob.when('the channel', `document.getElementById('state').textContent.includes('2 here')`)
  await ada.evaluate(`{
    const { elements } = document.forms[0]
    elements.name.value = 'Ada'
    elements.text.value = '<img src=x onerror="window.harm = 1">'
    document.forms[0].requestSubmit()
  }`)
  const shown = await bob.when('the message', `document.querySelector('#log li')?.textContent`)
  assert.equal(shown, 'Ada: <img src=x onerror="window.harm = 1">')
  assert.deepEqual([await bob.evaluate('window.harm'), bob.complaints], [undefined, []])
})
