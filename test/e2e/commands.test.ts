import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type BusClient,
  BusClientError,
  type BusMessage,
  type ConnectOptions,
  connect
} from '../../src/client/index.ts'
import { startServer } from '../helper.ts'
import { until } from '../support/until.ts'

/** A server with people on it, who keep what they are told. */
async function meet(t: TestContext, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  return {
    server,
    async enter(options: ConnectOptions = {}): Promise<{ client: BusClient; told: BusMessage[] }> {
      const client = await connect(`${server.wsUrl}/ws`, options)
      t.after(() => client.close())
      const told: BusMessage[] = []
      client.on('message', message => told.push(message))
      return { client, told }
    }
  }
}

function codeIs(code: string): (error: unknown) => boolean {
  return error => error instanceof BusClientError && error.code === code
}

test('what one client publishes the other members of the channel get, and nobody else', async t => {
  const { enter } = await meet(t)
  const [ada, bob, eve] = [await enter(), await enter(), await enter()]
  for (const { client } of [ada, bob]) await client.join('science:explore')
  await eve.client.join('science:design')
  const published = await ada.client.publish('science:explore', { text: 'hello' })
  await Promise.all([ada, bob, eve].map(({ client }) => client.ping()))
  assert.deepEqual(
    bob.told.map(({ id, sender, payload, sequence }) => ({ id, sender, payload, sequence })),
    [{ id: published.id, sender: ada.client.clientId, payload: { text: 'hello' }, sequence: published.sequence }]
  )
  assert.deepEqual([ada.told, eve.told], [[], []])
})

test('whoever leaves hears nothing more, and hears again after joining', async t => {
  const { enter } = await meet(t)
  const [ada, bob] = [await enter(), await enter()]
  const say = (number: number) => ada.client.publish('lab:bench', { number })
  await bob.client.join('lab:bench')
  await say(1)
  await bob.client.leave('lab:bench')
  await bob.client.leave('lab:bench')
  await say(2)
  await bob.client.join('lab:bench')
  await bob.client.join('lab:bench')
  await say(3)
  await bob.client.ping()
  assert.deepEqual(
    bob.told.map(message => message.payload),
    [{ number: 1 }, { number: 3 }]
  )
})

test('an echo comes back to the sender, after its acknowledgement', async t => {
  const { enter } = await meet(t)
  const { client, told } = await enter()
  await client.join('lab:bench')
  const { id } = await client.publish('lab:bench', {}, { echo: true })
  await until('the echo has come', () => told.length === 1)
  assert.equal(told[0]?.id, id)
})

test('a message to a room reaches every member of any of its channels once', async t => {
  const { enter } = await meet(t)
  const [ada, bob, eve] = [await enter(), await enter(), await enter()]
  for (const channel of ['one', 'two', 'three']) await bob.client.join({ room: 'lab', channel })
  await eve.client.join('other:one')
  await ada.client.publish('lab', { to: 'all' })
  await Promise.all([bob.client.ping(), eve.client.ping()])
  assert.deepEqual(
    bob.told.map(({ room, channel, payload }) => ({ room, channel, payload })),
    [{ room: 'lab', channel: undefined, payload: { to: 'all' } }]
  )
  assert.deepEqual(eve.told, [])
})

test('a private message reaches its targets only, and is in no history', async t => {
  const { enter } = await meet(t)
  const [ada, bob, eve] = [await enter(), await enter(), await enter()]
  for (const { client } of [ada, bob, eve]) await client.join('lab:bench')
  const { missing } = await ada.client.send([bob.client.clientId, 'arq_client_nobody'], { text: 'psst' })
  await Promise.all([bob.client.ping(), eve.client.ping()])
  assert.deepEqual(missing, ['arq_client_nobody'])
  assert.deepEqual(
    bob.told.map(message => message.payload),
    [{ text: 'psst' }]
  )
  assert.deepEqual(eve.told, [])
  assert.equal((await eve.client.history('lab')).total_messages, 0)
  await assert.rejects(ada.client.send('arq_client_nobody', {}), codeIs('TARGET_NOT_FOUND'))
})

test('the same target named twice gets a private message once', async t => {
  const { enter } = await meet(t)
  const [ada, bob] = [await enter(), await enter()]
  await ada.client.send([bob.client.clientId, bob.client.clientId], {})
  await bob.client.ping()
  assert.equal(bob.told.length, 1)
})

test('a client that has left is no target any more', async t => {
  const { enter } = await meet(t)
  const [ada, bob] = [await enter(), await enter()]
  await bob.client.close()
  await assert.rejects(ada.client.send(bob.client.clientId, {}), codeIs('TARGET_NOT_FOUND'))
})

test('members that asked for it are told who joins, leaves and vanishes', async t => {
  const { server, enter } = await meet(t)
  const [watcher, other] = [await enter(), await enter()]
  await watcher.client.join('lab:bench', { presence: true })
  await other.client.join('lab:bench')
  const guest = await enter({ screenName: 'Guest', clientType: 'ai-agent' })
  await guest.client.join('lab:bench')
  await guest.client.leave('lab:bench')
  await guest.client.join('lab:bench')
  server.app.bus.hub.find('default', guest.client.clientId)?.terminate()
  await until('the end has been told', () => watcher.told.filter(message => message.type === 'system').length === 5)
  const notices = watcher.told.map(({ payload }) => [payload.event, payload.client_id, payload.participant_count])
  const { clientId } = guest.client
  assert.deepEqual(notices, [
    ['client_joined', other.client.clientId, 2],
    ['client_joined', clientId, 3],
    ['client_left', clientId, 2],
    ['client_joined', clientId, 3],
    ['client_left', clientId, 2]
  ])
  const { screen_name, client_type } = watcher.told[1]?.payload ?? {}
  assert.deepEqual([screen_name, client_type], ['Guest', 'ai-agent'])
  assert.deepEqual(other.told, [])
})

test('the initial address of a connection is joined and is where messages without an address go', async t => {
  const { server, enter } = await meet(t)
  const bob = await enter({ room: 'lab', channel: 'bench' })
  assert.deepEqual((await bob.client.command('whoami')).data.channels, ['lab:bench'])
  const ada = await server.connect('/ws?room=lab:bench')
  await ada.ask({ type: 'message', payload: { here: true } })
  await bob.client.ping()
  assert.deepEqual(
    bob.told.map(({ room, channel, payload }) => ({ room, channel, payload })),
    [{ room: 'lab', channel: 'bench', payload: { here: true } }]
  )
  const nowhere = await server.connect()
  assert.equal((await nowhere.ask({ type: 'message', payload: {} })).error_code, 'VALIDATION_ERROR')
})

test('an admin creates a channel, it stays without members, and it is deleted when it is empty', async t => {
  const { enter } = await meet(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const { client } = await enter()
  const place = { room: 'lab', channel: 'bench' }
  const created = await client.command('create_channel', { ...place, description: 'A bench' })
  assert.deepEqual([created.data.channel_id, created.data.description], ['lab:bench', 'A bench'])
  await assert.rejects(client.command('create_channel', place), codeIs('CHANNEL_EXISTS'))
  await client.join('lab:bench')
  await assert.rejects(client.command('delete_channel', place), codeIs('CHANNEL_NOT_EMPTY'))
  await client.leave('lab:bench')
  assert.equal((await client.command('delete_channel', place)).data.success, true)
  await assert.rejects(client.command('delete_channel', place), codeIs('CHANNEL_NOT_FOUND'))
  await assert.rejects(client.command('channel_info', place), codeIs('CHANNEL_NOT_FOUND'))
  await assert.rejects(
    client.command('delete_channel', { room: 'science', channel: 'explore' }),
    codeIs('CHANNEL_PROTECTED')
  )
})

test('an unknown channel is refused where channels are not made by use', async t => {
  const { enter } = await meet(t, { ARQONBUS_AUTO_CREATE_CHANNELS: 'false' })
  const { client } = await enter()
  await assert.rejects(client.join('lab:bench'), codeIs('CHANNEL_NOT_FOUND'))
  await assert.rejects(client.publish('lab:bench', {}), codeIs('CHANNEL_NOT_FOUND'))
  await client.publish('science:explore', {})
})

test('the world at start is there, and the numbers of the bus follow what happens', async t => {
  const { enter } = await meet(t)
  const { client } = await enter()
  const list = (await client.command('list_channels')).data.channels
  const science = ['design', 'execute', 'explore', 'general', 'hypothesize', 'interpret', 'share']
  const expected = [
    ...['dashboard-events', 'telemetry-stream'].map(name => `integriguard:${name}`),
    'omega-lab:signals',
    ...science.map(name => `science:${name}`)
  ]
  assert.deepEqual(
    list.map(channel => channel.channel_id),
    expected
  )
  assert.ok(list.every(channel => channel.hardcoded))

  await enter()
  await client.join('lab:bench')
  await client.publish('lab:bench', {})
  const { data } = await client.command('status')
  assert.deepEqual([data.clients, data.total_messages, data.rooms, data.channels], [2, 1, 4, 11])
})

test('every spelling of an address joins the same channel', async t => {
  const { server } = await meet(t)
  const client = await server.connect()
  for (const frame of [
    { args: { room: 'lab', channel: 'bench' } },
    { args: { room: 'lab', name: 'bench' } },
    { args: { room: 'lab:bench' } },
    { args: { channel_id: 'lab:bench' } },
    { room: 'lab', channel: 'bench' },
    { room: 'lab:bench' },
    { payload: { parameters: { room: 'lab', channel: 'bench' } } }
  ]) {
    const answer = await client.ask({ type: 'command', command: 'join_channel', ...frame })
    assert.equal(answer.payload.data.channel_id, 'lab:bench', JSON.stringify(frame))
  }
  const clash = await client.command('join_channel', { room: 'lab:bench', channel: 'other' })
  assert.equal(clash.error_code, 'VALIDATION_ERROR')
})

test('an unknown command, unknown arguments and a missing role are refused with their codes', async t => {
  const { enter } = await meet(t)
  const { client } = await enter()
  await assert.rejects(client.command('no_such_command'), codeIs('UNKNOWN_COMMAND'))
  await assert.rejects(client.command('toString'), codeIs('UNKNOWN_COMMAND'))
  await assert.rejects(client.command('ping', { unknown: 1 }), codeIs('VALIDATION_ERROR'))
  await assert.rejects(client.command('create_channel', { room: 'a', channel: 'b' }), codeIs('AUTHORIZATION_ERROR'))
  await assert.rejects(client.command('op.history.get'), codeIs('AUTHORIZATION_ERROR'))
  await assert.rejects(client.command('refresh', { token: 'x' }), codeIs('FEATURE_DISABLED'))
  const commands = (await client.command('help')).data.commands
  for (const { name } of commands) assert.match(name, /^[a-z_.]+$/)
})

/** Everything that somebody may write and that has to come out as it went in. */
const texts: readonly string[] = [
  'Grüße, 世界, 🦊👩‍👩‍👧‍👦',
  'e\u0301 is not \u00e9',
  '\u202eright to left\u202c',
  'line\u2028and\u2029paragraph',
  'NUL \u0000, bell \u0007, delete \u007f',
  'a lone \ud83e surrogate',
  '</script><!-- & "quoted" \\ back',
  '__proto__',
  '\ufeffbyte order mark'
]

test('every text arrives as it was sent, in payloads, metadata, keys and history', async t => {
  const { server } = await meet(t)
  const [writer, reader] = [await server.connect(), await server.connect()]
  await reader.join('lab:bench')
  for (const text of texts) {
    const key = text === '__proto__' ? 'proto' : text
    const frame = { payload: { text, [key]: [text] }, metadata: { text } }
    const ack = await writer.ask({ type: 'message', room: 'lab:bench', ...frame })
    const delivered = await reader.next(got => got.type === 'message')
    assert.deepEqual([delivered.payload, delivered.metadata], [frame.payload, frame.metadata])
    assert.deepEqual(ack.payload, frame.payload)
  }
  const { history } = (await reader.command('history', { room: 'lab' })).payload.data
  assert.deepEqual(
    history.map((entry: { payload: { text: string } }) => entry.payload.text),
    texts
  )
})

test('a screen name beyond ASCII is shown to others as it is', async t => {
  const { server } = await meet(t)
  const client = await server.connect(`/ws?screen_name=${encodeURIComponent('Zoë 🦊')}`)
  await client.join('lab:bench')
  const { members } = (await client.command('channel_info', { channel_id: 'lab:bench' })).payload.data
  assert.equal(members[0].screen_name, 'Zoë 🦊')
})
