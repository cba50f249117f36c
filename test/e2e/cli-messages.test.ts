import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { runProgram } from '../../src/cli/program.ts'
import { startServer } from '../helper.ts'
import { createTerminal } from '../src/cli/terminal.ts'
import { freePort } from '../src/client/peer.ts'
import { until } from '../support/until.ts'
import { isMember, linesOf, socketsFromNowOn, startCommandLine } from './cli.ts'

test('arqon version and arqon tail work as they always did', async t => {
  const { run, server } = await startCommandLine(t)
  const [version, tail] = await Promise.all([
    run(['version', '--http-url', server.httpUrl]),
    run(['tail', '--ws-url', server.wsUrl, '--raw', '--limit', '1'])
  ])
  assert.deepEqual([version.code, version.stderr], [0, ''])
  const { name, protocol } = JSON.parse(version.stdout)
  assert.deepEqual([name, protocol], ['ArqonBus', '1.0'])
  assert.equal(version.stdout, `${JSON.stringify(JSON.parse(version.stdout), null, 2)}\n`)
  assert.deepEqual([tail.code, tail.stderr], [0, ''])
  assert.equal(linesOf(tail.stdout)[0]?.payload.welcome, 'Connected to ArqonBus')
})

test('arqon status prints the state of the server', async t => {
  const { run } = await startCommandLine(t)
  const { code, stdout } = await run(['status'])
  assert.deepEqual([code, JSON.parse(stdout).status], [0, 'running'])
})

test('arqon pub publishes a payload, and says what became of it', async t => {
  const { run, server } = await startCommandLine(t)
  const bob = await server.connect('/ws?room=science&channel=explore')
  const args = ['--type', 'event', '--id', 'arq_one', '--metadata', '{"causal_parent_id":"x"}']
  const { code, stdout, stderr } = await run(['pub', 'science:explore', '{"n":1}', ...args])
  const { id, metadata, payload, sequence, epoch, type } = await bob.next()
  assert.deepEqual([id, type, payload, metadata], ['arq_one', 'event', { n: 1 }, { causal_parent_id: 'x' }])
  assert.deepEqual([code, stderr], [0, ''])
  assert.deepEqual(linesOf(stdout), [{ duplicate: false, epoch, id, sequence }])
})

test('arqon pub publishes text, to a whole room, without waiting for the acknowledgement', async t => {
  const { server, show } = await startCommandLine(t)
  const bob = await server.connect('/ws?room=science&channel=explore')
  const { code, stdout } = await show(['pub', 'science', '--text', 'Hello', '--no-ack'])
  assert.deepEqual((await bob.next()).payload, { text: 'Hello' })
  assert.equal(code, 0)
  assert.match(stdout, /^published arq_\w+ to science\n$/)
})

test('arqon pub publishes a message for each line of standard input, in order', async t => {
  const { run, server } = await startCommandLine(t)
  const bob = await server.connect('/ws?room=science&channel=explore')
  const lines = Array.from({ length: 200 }, (_, n) => `{"n":${n}}\n`).join('\n')
  const { code, stdout } = await run(['pub', 'science:explore'], lines)
  await until('all of them came', () => bob.received().length === 200)
  assert.equal(code, 0)
  assert.deepEqual(
    bob.received().map(frame => [frame.payload.n, frame.sequence]),
    linesOf(stdout).map(({ sequence }, n) => [n, sequence])
  )
})

test('arqon pub publishes lines without waiting for acknowledgements', async t => {
  const { server, show } = await startCommandLine(t)
  const bob = await server.connect('/ws?room=science&channel=explore')
  const { code } = await show(['pub', 'science:explore', '-', '--no-ack'], { input: '{"n":1}\n'.repeat(130) })
  await until('all of them came', () => bob.received().length === 130)
  assert.equal(code, 0)
})

test('arqon pub says what became of a line before the next one comes', async t => {
  const { server, start } = await startCommandLine(t)
  const { child, ended } = start(['pub', 'a:b'])
  child.stdin.write('{"n":1}\n')
  await once(child.stdout, 'data')
  child.stdin.write('{"n":2}\n')
  await once(child.stdout, 'data')
  await server.app.close()
  const { code, stdout, stderr } = await ended
  assert.deepEqual([code, linesOf(stdout).length, stderr], [1, 2, 'arqon: the connection ended with 1012\n'])
})

test('arqon pub stops at a line that is no payload, after what came before it', async t => {
  const { run, show } = await startCommandLine(t)
  const { code, stdout, stderr } = await run(['pub', 'science:explore', '-'], '{"n":1}\n[2]\n{"n":3}\n')
  assert.deepEqual([code, linesOf(stdout).length], [1, 1])
  assert.equal(stderr, 'arqon: line 2 of standard input is not a JSON object\n')
  const { stdout: kept } = await show(['history', 'science:explore', '--json'])
  assert.deepEqual(
    linesOf(kept).map(({ payload }) => payload),
    [{ n: 1 }]
  )
})

test('arqon pub fails when standard input is empty, or an id is given for many', async t => {
  const { show } = await startCommandLine(t)
  const none = await show(['pub', 'science:explore'], { input: '\n' })
  assert.deepEqual([none.code, none.stderr], [1, 'arqon: standard input held no line with a payload\n'])
  const many = await show(['pub', 'science:explore', '-', '--id', 'arq_1'], { input: '{}' })
  assert.deepEqual([many.code, many.stderr], [2, 'arqon: --id is for one message, not for lines of standard input\n'])
})

test('arqon pub tells of a refusal with its code, and of which line', async t => {
  const { show } = await startCommandLine(t, { ARQONBUS_AUTO_CREATE_CHANNELS: 'false' })
  const one = await show(['pub', 'science:nowhere', '{}'])
  assert.match(one.stderr, /^arqon: pub was refused with CHANNEL_NOT_FOUND: /)
  const unacknowledged = await show(['pub', 'science:nowhere', '{}', '--no-ack'])
  assert.deepEqual([unacknowledged.code, unacknowledged.stderr], [1, one.stderr])
  const line = await show(['pub', 'science:nowhere'], { input: '\n{}\n' })
  assert.match(line.stderr, /^arqon: line 2 was refused with CHANNEL_NOT_FOUND: /)
})

test('arqon pub says that a repeat was published before', async t => {
  const { show, server } = await startCommandLine(t)
  const alice = await server.connect()
  await alice.ask({ type: 'message', id: 'arq_1', room: 'a', channel: 'b', payload: {} })
  const first = await show(['pub', 'a:b', '{}', '--id', 'arq_2'])
  assert.match(first.stdout, /^published arq_2 to a:b, sequence 2, epoch \w+\n$/)
})

test('arqon history prints what a channel holds, and only what came later when asked', async t => {
  const { run, show, server } = await startCommandLine(t)
  const alice = await server.connect()
  for (const n of [1, 2, 3]) await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n } })
  const [all, later, missing] = await Promise.all([
    run(['history', 'a:b', '--limit', '2']),
    run(['history', 'a', '--after', '1']),
    run(['history', 'a:b', '--limit', '501'])
  ])
  assert.deepEqual(
    linesOf(all.stdout).map(({ payload, sequence }) => [payload.n, sequence]),
    [
      [2, 2],
      [3, 3]
    ]
  )
  assert.deepEqual(
    linesOf(later.stdout).map(({ sequence }) => sequence),
    [2, 3]
  )
  assert.deepEqual(
    [missing.code, missing.stderr],
    [1, 'arqon: history was refused with VALIDATION_ERROR: limit: must be an integer from 1 to 500\n']
  )
  const { stdout } = await show(['history', 'a'])
  assert.match(stdout, /^SEQ {2}WHEN +CHANNEL {2}SENDER +TYPE +PAYLOAD\n {2}1 {2}\S.* b .* message {2}\{"n":1\}\n/)
  assert.match(stdout, /\n3 of 3 messages\n$/)
})

test('arqon cmd runs any command with any arguments', async t => {
  const { run, show } = await startCommandLine(t)
  const [pairs, object, refused] = await Promise.all([
    run(['cmd', 'list_channels', 'room=science', 'limit=1']),
    run(['cmd', 'list_channels', '{"room":"integriguard"}']),
    run(['cmd', 'history', 'room=science', 'limit=many', 'colour=red'])
  ])
  assert.equal(linesOf(pairs.stdout)[0]?.data.channels[0].channel_id, 'science:design')
  assert.equal(linesOf(object.stdout)[0]?.data.total_channels, 2)
  assert.deepEqual(refused, {
    code: 1,
    stdout: '',
    stderr: `arqon: history was refused with VALIDATION_ERROR:
  colour: is not known
  limit: must be an integer from 1 to 500
`
  })
  const shown = await show(['cmd', 'whoami'])
  assert.match(shown.stdout, /^arq_client_\w+\n\{\n {2}"capabilities"/)
  assert.equal(
    (await show(['cmd', 'dance'])).stderr,
    'arqon: dance was refused with UNKNOWN_COMMAND: Unknown command: dance; `arqon cmd help` lists all commands\n'
  )
  assert.match(
    (await show(['cmd', 'create_channel', 'room=a', 'channel=b'])).stderr,
    /AUTHORIZATION_ERROR: create_channel needs the role admin; `arqon cmd whoami` shows what you may do\n$/
  )
})

test('arqon channels lists all of them, page by page', async t => {
  const { run, show, server } = await startCommandLine(t)
  const alice = await server.connect()
  for (let n = 0; n < 12; n++) await alice.join(`many:c${n}`)
  const [all, room, bad] = await Promise.all([
    run(['channels']),
    run(['channels', 'many']),
    run(['channels', 'a room'])
  ])
  assert.ok(linesOf(all.stdout).length > 20)
  assert.equal(linesOf(room.stdout).length, 12)
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /^arqon: channels was refused with VALIDATION_ERROR: room: /)
  const { stdout } = await show(['channels', 'many'])
  assert.match(stdout, /^CHANNEL +MEMBERS {2}TYPE +LAST ACTIVITY {2}DESCRIPTION\nmany:c0 +1 {2}/)
  assert.match(stdout, /\n12 channels\n$/)
})

test('arqon sub follows several channels, prints what fits, and ends after so many', async t => {
  const { server, start } = await startCommandLine(t)
  const alice = await server.connect()
  const { child, ended } = start(['sub', 'a:b', 'c:d', '--filter', 'payload.n!=2', '--limit', '2'])
  await until('it is a member of both', () => isMember(server, 'a:b') && isMember(server, 'c:d'))
  for (const [room, channel, n] of [
    ['a', 'b', 1],
    ['a', 'b', 2],
    ['c', 'd', 3]
  ]) {
    await alice.ask({ type: 'message', room, channel, payload: { n } })
  }
  const { code, stdout, stderr } = await ended
  assert.equal(child.exitCode, 0)
  assert.equal(code, 0)
  assert.match(
    stderr,
    /^arqon: following a:b after sequence 0, epoch \w+\narqon: following c:d after sequence 0, epoch \w+\n$/
  )
  assert.deepEqual(
    linesOf(stdout).map(({ payload, room }) => [room, payload.n]),
    [
      ['a', 1],
      ['c', 3]
    ]
  )
})

test('arqon sub begins after a position, and says whether that was possible', async t => {
  const { env, run, server } = await startCommandLine(t)
  const alice = await server.connect()
  const { epoch } = await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 1 } })
  for (const n of [2, 3]) await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n } })
  const { code, stdout, stderr } = await run(['sub', 'a:b', '--since', '1', '--epoch', epoch, '--limit', '2'])
  assert.deepEqual([code, stderr], [0, 'arqon: a:b: recovered, nothing after sequence 1 is missing\n'])
  assert.deepEqual(
    linesOf(stdout).map(({ payload }) => payload.n),
    [2, 3]
  )
  const interrupt = new AbortController()
  const terminal = createTerminal({ env: { ...env, NO_COLOR: '1' }, signal: interrupt.signal })
  const lost = runProgram(['sub', 'a:b', '--since', '1', '--epoch', 'gone'], terminal)
  await until('it says something', () => terminal.stderr() !== '')
  interrupt.abort()
  assert.deepEqual([await lost, terminal.stdout()], [130, ''])
  assert.equal(
    terminal.stderr(),
    'arqon: a:b: not recovered, messages after sequence 1 may be missing; going on after sequence 3\n'
  )
})

test('arqon sub comes back after a loss with everything that was missed', async t => {
  const { server, start } = await startCommandLine(t)
  const alice = await server.connect()
  const sockets = socketsFromNowOn(server)
  const { child, ended } = start(['sub', 'a:b'])
  let output = ''
  child.stdout.on('data', text => {
    output += text
  })
  await until('it is a member', () => isMember(server, 'a:b'))
  await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 1 } })
  await until('the first came', () => linesOf(output).length === 1)
  for (const socket of sockets) socket.destroy()
  await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 2 } })
  await until('the second came', () => linesOf(output).length === 2)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.equal(code, 130)
  assert.match(
    stderr,
    /^arqon: following .*\narqon: disconnected.*; next attempt in .*\narqon: a:b: recovered, nothing after sequence 1 is missing\narqon: connected again\n$/
  )
})

test('arqon sub goes on through a restart of the server, and says that nothing could be recovered', async t => {
  const first = await startServer(t, { ARQONBUS_DRAIN_RETRY_MS: '50' })
  const { port } = first.app.server.address() as AddressInfo
  const { start } = await startCommandLine(t, {}, { ARQONBUS_WS_URL: first.wsUrl })
  const { child, ended } = start(['sub', 'a:b'])
  let output = ''
  child.stdout.on('data', text => {
    output += text
  })
  const alice = await first.connect()
  await until('it is a member', () => isMember(first, 'a:b'))
  await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 1 } })
  await until('the first came', () => linesOf(output).length === 1)
  alice.socket.terminate()
  await first.app.close()
  const second = await startServer(t, { ARQONBUS_SERVER_PORT: String(port) })
  const again = await second.connect()
  await until('it is a member again', () => isMember(second, 'a:b'))
  await again.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 2 } })
  await until('the second came', () => linesOf(output).length === 2)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.equal(code, 130)
  assert.match(stderr, /arqon: disconnected with 1012; next attempt in /)
  assert.match(
    stderr,
    /arqon: a:b: not recovered, messages after sequence 1 may be missing; going on after sequence 0\n/
  )
})

test('arqon sub follows a whole room', async t => {
  const { server, start } = await startCommandLine(t)
  const { child, ended } = start(['sub', 'science', '--limit', '1'])
  const alice = await server.connect()
  await until('it came', async () => {
    await alice.ask({ type: 'message', room: 'science', payload: { text: 'all' } })
    return child.exitCode !== null
  })
  assert.deepEqual(linesOf((await ended).stdout)[0]?.payload, { text: 'all' })
})

test('arqon sub fails at once when nothing listens', async t => {
  const { run } = await startCommandLine(t)
  const url = `ws://127.0.0.1:${await freePort()}`
  const ended = await run(['sub', 'a:b', '--ws-url', url])
  assert.deepEqual(ended, {
    code: 1,
    stdout: '',
    stderr: `arqon: nothing listens on ${url}; start it with: npx arqonbus\n`
  })
})

test('arqon ends quietly when nobody reads its output any more', async t => {
  const { server, start } = await startCommandLine(t)
  const alice = await server.connect()
  const { child, ended } = start(['sub', 'a:b'])
  let isOver = false
  ended.then(() => {
    isOver = true
  })
  await until('it is a member', () => isMember(server, 'a:b'))
  child.stdout.destroy()
  await until('it ended', async () => {
    await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: {} })
    return isOver
  })
  const { code, stderr } = await ended
  assert.equal(code, 0)
  assert.match(stderr, /^arqon: following [^\n]*\n$/)
})
