import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../support/until.ts'
import { linesOf, socketsFromNowOn, startCommandLine } from './cli.ts'

/** An HTTP server that answers every post with the status that is set, and keeps what came. */
async function startSink(t: TestContext) {
  const sink = { status: 204, url: '', bodies: [] as string[], headers: [] as NodeJS.Dict<string | string[]>[] }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    sink.bodies.push(body)
    sink.headers.push(request.headers)
    response.writeHead(sink.status).end()
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => server.close())
  sink.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return sink
}

test('arqon clients lists who is connected', async t => {
  const { run, server, show } = await startCommandLine(t)
  const alice = await server.connect('/ws?room=science&channel=explore&client_type=ai-agent')
  const { code, stdout } = await run(['clients'])
  assert.equal(code, 0)
  assert.deepEqual(
    linesOf(stdout).map(({ client_id, channels }) => [client_id, channels]),
    [[alice.id, ['science:explore']]]
  )
  const shown = await show(['clients'])
  assert.match(shown.stdout, /^CLIENT +TYPE +ROLE +SUBJECT +CONNECTED +IN +OUT +WAITING +CHANNELS\n/)
  assert.match(shown.stdout, /\narq_client_\w+ {2}ai-agent {2}user {2}- .* 0 B {2}science:explore\n1 client\n$/)
})

test('arqon clients fails where operators have another door', async t => {
  const { run } = await startCommandLine(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  const { code, stdout, stderr } = await run(['clients'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^arqon: clients was refused with NOT_FOUND: /)
})

test('arqon clients reads page after page', async t => {
  const { server, show } = await startCommandLine(t, { ARQONBUS_MAX_CONNECTIONS_PER_IP: '600' })
  for (let n = 0; n < 501; n++) await server.connect()
  const { stdout } = await show(['clients'])
  assert.match(stdout, /\n501 clients\n$/)
  assert.equal(stdout.match(/^CLIENT/gm)?.length, 1)
})

test('arqon store sets, gets, counts, lists and deletes', async t => {
  const { run, show } = await startCommandLine(t)
  const set = await run(['store', 'set', 'agent.1', '{"state":"idle"}'])
  assert.deepEqual([set.code, linesOf(set.stdout)[0]?.updated], [0, true])
  const [got, missing, piped, counted] = await Promise.all([
    run(['store', 'get', 'agent.1']),
    run(['store', 'get', 'agent.2']),
    run(['store', 'set', 'text', '-'], '5 apples\n'),
    run(['store', 'incr', 'count', '--by', '-3'])
  ])
  assert.deepEqual(linesOf(got.stdout)[0]?.value, { state: 'idle' })
  assert.deepEqual(missing, { code: 1, stdout: '', stderr: 'arqon: there is no value under agent.2 in default\n' })
  assert.deepEqual([piped.code, counted.code, linesOf(counted.stdout)[0]?.value], [0, 0, -3])
  assert.equal((await show(['store', 'get', 'text'])).stdout.split('\n')[0], '"5 apples"')
  const [list, none] = await Promise.all([run(['store', 'list']), run(['store', 'delete', 'nothing'])])
  assert.deepEqual(
    linesOf(list.stdout).map(({ key }) => key),
    ['agent.1', 'count', 'text']
  )
  assert.deepEqual([none.code, linesOf(none.stdout)[0]?.deleted], [0, false])
  assert.equal((await show(['store', 'list', 'agent'])).stdout, 'agent.1\n')
  assert.equal((await show(['store', 'delete', 'agent.1'])).stdout, 'deleted agent.1\n')
  assert.equal((await show(['store', 'delete', 'agent.1'])).stdout, 'there was no agent.1\n')
  assert.match((await show(['store', 'incr', 'count'])).stdout, /^-2 version \d+\n$/)
})

test('arqon store refuses a write over another version, and forgets what has an end', async t => {
  const { run, show } = await startCommandLine(t)
  const first = await show(['store', 'set', 'a', '1', '--ttl', '1h', '--if-version', '0', '--namespace', 'mine'])
  assert.match(first.stdout, /^stored a version \d+\n$/)
  const { code, stderr } = await run(['store', 'set', 'a', '2', '--if-version', '0', '--namespace', 'mine'])
  assert.equal(code, 1)
  assert.match(stderr, /^arqon: store set was refused with CONFLICT: /)
  const short = await show(['store', 'set', 'a', '1', '--ttl', '0.5s'])
  assert.match(short.stderr, /^arqon: store set was refused with /)
  const text = await show(['store', 'set', 'b', '5', '--text', '--json'])
  assert.equal(text.code, 0)
  assert.equal((await show(['store', 'get', 'b'])).stdout.split('\n')[0], '"5"')
  assert.equal(
    (await show(['store', 'set', 'b', '-'])).stderr,
    'arqon: standard input is a terminal: give the value, or pipe it\n'
  )
})

test('arqon store lists page by page', async t => {
  const { server, show } = await startCommandLine(t, { ARQONBUS_MAX_STORE_PAGE: '2' })
  const alice = await server.connect()
  for (const key of ['a', 'b', 'c', 'd', 'e']) await alice.command('op.store.set', { key, value: 1 })
  assert.equal((await show(['store', 'list'])).stdout, 'a\nb\nc\nd\ne\n')
})

test('arqon store watch prints changes as they happen, and ends after so many', async t => {
  const { run, server, start } = await startCommandLine(t)
  const alice = await server.connect()
  const { child, ended } = start(['store', 'watch', 'agent.', '--limit', '2'])
  let notes = ''
  child.stderr.on('data', text => {
    notes += text
  })
  await until('it watches', () => notes.includes('watching agent.*'))
  for (const key of ['agent.1', 'other', 'agent.1']) await alice.command('op.store.set', { key, value: { key } })
  const { code, stdout } = await ended
  assert.equal(code, 0)
  assert.deepEqual(
    linesOf(stdout).map(({ key, operation, value }) => [key, operation, value]),
    [
      ['agent.1', 'set', { key: 'agent.1' }],
      ['agent.1', 'set', { key: 'agent.1' }]
    ]
  )
  const refused = await run(['store', 'watch', '--namespace', 'no name'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^arqon: store watch was refused with VALIDATION_ERROR: namespace: /)
})

test('arqon store watch comes back after a loss, and says that changes may be missing', async t => {
  const { server, start } = await startCommandLine(t)
  const sockets = socketsFromNowOn(server)
  const { child, ended } = start(['store', 'watch'])
  let notes = ''
  child.stderr.on('data', text => {
    notes += text
  })
  await until('it watches', () => notes.includes('watching all keys'))
  for (const socket of sockets) socket.destroy()
  await until('it is back', () => notes.includes('connected again'))
  child.kill('SIGINT')
  assert.equal((await ended).code, 130)
  assert.match(notes, /disconnected.*\narqon: changes may have been missed\narqon: connected again\n$/)
})

test('arqon cron schedules, lists and cancels', async t => {
  const { run, server, show } = await startCommandLine(t)
  const bob = await server.connect('/ws?room=science&channel=explore')
  const once = await run(['cron', 'schedule', 'science:explore', '{"text":"later"}', '--delay', '0.1s'])
  assert.deepEqual([once.code, once.stderr], [0, ''])
  assert.deepEqual((await bob.next(frame => frame.sender === 'op-cron')).payload, { text: 'later' })
  const [often, rule, refused] = await Promise.all([
    run(['cron', 'schedule', 'a:b', '{}', '--delay', '1h', '--every', '5m', '--times', '3']),
    run(['cron', 'schedule', 'a:c', '{}', '--cron', '0 9 * * 1-5', '--timezone', 'Europe/Berlin']),
    run(['cron', 'schedule', 'a:d', '{}', '--cron', 'tomorrow'])
  ])
  assert.deepEqual([often.code, rule.code, refused.code], [0, 0, 1])
  assert.match(refused.stderr, /^arqon: cron schedule was refused with VALIDATION_ERROR: cron: /)
  const { stdout } = await show(['cron', 'list'])
  assert.match(stdout, /^JOB +CHANNEL {2}NEXT +LAST {2}FIRED {2}RULE\n/)
  assert.match(stdout, / a:b .* 0\/3 {2}every 5 min\n/)
  assert.match(stdout, / a:c .* 0 {2}0 9 \* \* 1-5 Europe\/Berlin\n/)
  assert.match(stdout, /\n2 jobs\n$/)
  const [job] = linesOf(often.stdout)
  assert.equal((await show(['cron', 'cancel', job?.job_id])).stdout, `cancelled ${job?.job_id}\n`)
  const [list, again] = await Promise.all([run(['cron', 'list']), run(['cron', 'cancel', job?.job_id])])
  assert.equal(linesOf(list.stdout).length, 1)
  assert.deepEqual([again.code, again.stdout], [1, ''])
  assert.match(again.stderr, /^arqon: cron cancel was refused with NOT_FOUND: /)
})

test('arqon cron says when a job is due, for people', async t => {
  const { show } = await startCommandLine(t)
  const { stdout } = await show(['cron', 'schedule', 'a:b', '{}', '--delay', '2h'])
  assert.match(stdout, /^scheduled cron_\w+ first in (1|2) h\n$/)
  assert.match((await show(['cron', 'list'])).stdout, / once\n1 job\n$/)
})

test('arqon webhook registers, tests, shows, lists and removes', async t => {
  const sink = await startSink(t)
  const { run, show } = await startCommandLine(t)
  const args = ['science:*', '--type', 'event', '--post-header', 'X-Team: one', '--post-timeout', '10s']
  const registered = await run(['webhook', 'register', sink.url, ...args])
  assert.deepEqual([registered.code, registered.stderr], [0, ''])
  const [rule] = linesOf(registered.stdout)
  const id = rule?.rule_id
  assert.deepEqual([rule?.room, rule?.channel, rule?.types, rule?.timeout_seconds], ['science', '*', ['event'], 10])
  const [tried, got] = await Promise.all([run(['webhook', 'test', id]), run(['webhook', 'get', id])])
  assert.deepEqual([tried.code, linesOf(tried.stdout)[0]?.outcome, linesOf(got.stdout)[0]?.url], [0, 'ok', sink.url])
  assert.equal(sink.headers[0]?.['x-team'], 'one')
  assert.match((await show(['webhook', 'get', id])).stdout, /^rule_id +wh_\w+\n[\s\S]*created_at +\S+ \(/)
  sink.status = 500
  const failed = await run(['webhook', 'test', id])
  assert.deepEqual([failed.code, failed.stderr, linesOf(failed.stdout)[0]?.status], [1, '', 500])
  assert.match((await show(['webhook', 'test', id])).stdout, /^\w+ 500 in \d+ ms\n$/)
  assert.match(
    (await show(['webhook', 'list'])).stdout,
    /^WEBHOOK +ADDRESS +STATE[^\n]*\nwh_\w+ {2}science:\* {2}active [^\n]*\n1 webhook\n$/
  )
  assert.equal((await show(['webhook', 'unregister', id])).stdout, `removed ${id}\n`)
  const [list, gone, bad] = await Promise.all([
    run(['webhook', 'list']),
    run(['webhook', 'get', id]),
    run(['webhook', 'register', 'ftp://127.0.0.1'])
  ])
  assert.deepEqual([list.code, list.stdout], [0, ''])
  assert.match(gone.stderr, /^arqon: webhook get was refused with NOT_FOUND: /)
  assert.match(bad.stderr, /^arqon: webhook register was refused with VALIDATION_ERROR: url: /)
})

test('arqon webhook signs what it posts with the secret of a file', async t => {
  const sink = await startSink(t)
  const { show } = await startCommandLine(t)
  const folder = mkdtempSync(join(tmpdir(), 'arqon-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'secret'), `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`)
  const { stdout } = await show(['webhook', 'register', sink.url, '--secret-file', join(folder, 'secret')])
  assert.equal((await show(['webhook', 'test', stdout.split(' ')[1]?.trim() ?? ''])).code, 0)
  assert.match(String(sink.headers[0]?.['webhook-signature']), /^v1,/)
})

test('arqon webhook shows attempts and dead letters, and replays them', async t => {
  const sink = await startSink(t)
  sink.status = 400
  const { run, server, show } = await startCommandLine(t)
  const alice = await server.connect()
  const { stdout } = await show(['webhook', 'register', sink.url])
  const [, id = ''] = /^registered (wh_\w+)\n$/.exec(stdout) ?? []
  await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { n: 1 } })
  let letters: Record<string, unknown>[] = []
  await until('it is given up', async () => {
    letters = linesOf((await show(['webhook', 'dead-letters', '--limit', '1', '--json'])).stdout)
    return letters.length === 1
  })
  assert.match(
    (await show(['webhook', 'dead-letters', id])).stdout,
    /^DELIVERY[^\n]*\nwhd_[^\n]* wh_[^\n]*\n1 dead letter\n$/
  )
  assert.match(
    (await show(['webhook', 'deliveries', id])).stdout,
    /^DELIVERY[^\n]*\nwhd_[^\n]* 400 [^\n]*\n1 attempt\n$/
  )
  sink.status = 204
  const delivery = String(letters[0]?.delivery_id)
  const replayed = await run(['webhook', 'replay', delivery])
  assert.deepEqual([replayed.code, linesOf(replayed.stdout)[0]?.delivery_id], [0, delivery])
  await until('it was posted again', () => sink.bodies.length === 2)
  const again = await run(['webhook', 'replay', 'whd_nothing'])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^arqon: webhook replay was refused with /)
})

test('arqon casil reads, changes and tries the policy', async t => {
  const { run, show } = await startCommandLine(t)
  const [set, refused] = await Promise.all([
    run(['casil', 'set', 'enabled=true', 'mode=enforce', 'block_on_probable_secret=true']),
    run(['casil', 'set', 'mode=strict', 'colour=red'])
  ])
  assert.deepEqual([set.code, linesOf(set.stdout)[0]?.mode], [0, 'enforce'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^arqon: casil set was refused with VALIDATION_ERROR:\n {2}\S+: .*\n {2}\S+: .*\n$/)
  const [got, tried, bad] = await Promise.all([
    run(['casil', 'get']),
    run(['casil', 'test', 'science:explore', '{"token":"AKIAIOSFODNN7EXAMPLE"}']),
    run(['casil', 'test', 'science:explore', 'text'])
  ])
  assert.equal(linesOf(got.stdout)[0]?.block_on_probable_secret, true)
  assert.equal(linesOf(tried.stdout)[0]?.decision, 'BLOCK')
  assert.deepEqual(
    [bad.code, bad.stderr],
    [2, "arqon: command-argument value 'text' is invalid for argument 'payload'. It must be JSON.\n"]
  )
  assert.match((await show(['casil', 'get'])).stdout, /^enabled +true\nmode +enforce\n/)
  const shown = await show(['casil', 'test', 'science:explore', '{"n":1}'])
  assert.match(shown.stdout, /^decision +ALLOW\nreason +CASIL_POLICY_ALLOWED\nrisk +low\ndelivered +\{"n":1\}\n$/)
})
