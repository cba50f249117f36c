import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

const one = '/rooms/lab/channels/one'

test('a channel is created, shown, described, listed and deleted', async t => {
  const { ask } = await openDesk(t)
  const body = { channel: 'one', description: 'First' }
  const made = await ask('POST', '/rooms/lab/channels', { body })
  assert.equal(made.status, 201)
  assert.equal(made.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.deepEqual(
    [made.body.channel_id, made.body.description, made.body.created_by],
    ['lab:one', 'First', 'operator']
  )
  const described = await ask('PATCH', one, { body: { description: 'Second' } })
  assert.deepEqual([described.status, described.body.description], [200, 'Second'])
  const shown = await ask('GET', one)
  assert.deepEqual([shown.status, shown.body.description, shown.body.metadata.description], [200, 'Second', 'Second'])
  const listed = await ask('GET', '/rooms/lab/channels')
  assert.deepEqual(
    [listed.body.total_channels, listed.body.channels[0].channel_id, listed.body.next_cursor],
    [1, 'lab:one', null]
  )
  const deleted = await ask('DELETE', one)
  assert.deepEqual([deleted.status, deleted.body.success, deleted.body.deleted_by], [200, true, 'operator'])
  assert.deepEqual(gist(await ask('GET', one)), [404, 'CHANNEL_NOT_FOUND'])
})

test('an empty description takes the place of one', async t => {
  const { ask } = await openDesk(t)
  await ask('POST', '/rooms/lab/channels', { body: { channel: 'one', description: 'First' } })
  assert.equal((await ask('PATCH', one, { body: { description: '' } })).body.description, '')
})

test('rooms are listed in pages, by name', async t => {
  const { ask } = await openDesk(t)
  for (const room of ['b', 'a']) await ask('POST', `/rooms/${room}/channels`, { body: { channel: 'x' } })
  const names: string[] = []
  let cursor = ''
  for (;;) {
    const { status, body } = await ask('GET', `/rooms?limit=2${cursor}`)
    assert.equal(status, 200)
    assert.ok(body.count <= 2)
    names.push(...body.rooms.map((room: { room: string }) => room.room))
    if (body.next_cursor === undefined) break
    cursor = `&cursor=${body.next_cursor}`
  }
  assert.deepEqual(names, ['a', 'b', 'integriguard', 'omega-lab', 'science'])
})

test('channels are listed in pages', async t => {
  const { ask } = await openDesk(t)
  const first = await ask('GET', '/rooms/science/channels?limit=4')
  const second = await ask('GET', `/rooms/science/channels?limit=4&cursor=${first.body.next_cursor}`)
  const count = first.body.channels.length + second.body.channels.length
  assert.deepEqual([count, first.body.total_channels, second.body.next_cursor], [7, 7, null])
})

test('members are told that a channel has another description, if they ask for notices', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.join('lab:one', { presence: true })
  await ask('PATCH', one, { body: { description: 'Second' } })
  const { payload } = await ada.next(frame => frame.payload?.event === 'channel_updated')
  assert.deepEqual([payload.channel, payload.updated_by], ['one', 'operator'])
})

test('what exists is not created again, and what has members not deleted', async t => {
  const { ask, connect } = await openDesk(t)
  const body = { channel: 'one' }
  assert.equal((await ask('POST', '/rooms/lab/channels', { body })).status, 201)
  assert.deepEqual(gist(await ask('POST', '/rooms/lab/channels', { body })), [409, 'CHANNEL_EXISTS'])
  const ada = await connect()
  await ada.join('lab:one')
  assert.deepEqual(gist(await ask('DELETE', one)), [409, 'CHANNEL_NOT_EMPTY'])
  await ada.command('leave_channel', { channel_id: 'lab:one' })
  assert.equal((await ask('DELETE', one)).status, 200)
})

test('a channel of every server is neither described nor deleted', async t => {
  const { ask } = await openDesk(t)
  const before = await ask('GET', '/rooms/science/channels/explore')
  for (const [method, asked] of [
    ['PATCH', { body: { description: 'Mine' } }],
    ['DELETE', {}]
  ] as const)
    assert.deepEqual(gist(await ask(method, '/rooms/science/channels/explore', asked)), [403, 'CHANNEL_PROTECTED'])
  assert.deepEqual((await ask('GET', '/rooms/science/channels/explore')).body, before.body)
})

test('every fault of a request is named', async t => {
  const { ask } = await openDesk(t)
  const name = 'must be a name of 1 to 64 letters, digits, ".", "_", "-"'
  for (const [method, path, body, details] of [
    ['GET', '/rooms?limit=0&other=1', undefined, 'other: is not known; limit: must be an integer from 1 to 1000'],
    ['GET', '/rooms?limit=1001', undefined, 'limit: must be an integer from 1 to 1000'],
    ['GET', '/rooms?limit=many', undefined, 'limit: must be an integer from 1 to 1000'],
    ['GET', '/rooms/-x/channels', undefined, `room: ${name}`],
    ['POST', '/rooms/lab/channels', { channel: 'two words', colour: 1 }, `colour: is not known; channel: ${name}`],
    [
      'POST',
      '/rooms/lab/channels',
      { description: 'x'.repeat(1025), channel: 'a' },
      /description: must be text of up to/
    ],
    ['GET', '/rooms/-x/channels/%20', undefined, `room: ${name}; channel: ${name}`],
    ['PATCH', one, {}, 'description: is required'],
    [
      'PATCH',
      one,
      { description: 1, name: 'x' },
      'name: is not known; description: must be text of up to 1024 characters'
    ],
    ['DELETE', `${one}?force=1`, undefined, 'force: is not known']
  ] as const) {
    const answer = await ask(method, path, body === undefined ? {} : { body })
    assert.deepEqual(gist(answer), [400, 'VALIDATION_ERROR'], path)
    if (typeof details === 'string') assert.equal(answer.body.details, details)
    else assert.match(answer.body.details, details)
  }
  const { status, body } = await ask('POST', '/rooms/lab/channels', {
    body: { channel: 'a', description: 'x'.repeat(1024) }
  })
  assert.deepEqual([status, body.description.length], [201, 1024])
})

test('what belongs to another tenant looks like what is not there', async t => {
  const { ask } = await openDesk(t, auth)
  await ask('POST', '/rooms/lab/channels', { body: { channel: 'one' } })
  const south = admin('south')
  for (const [method, asked] of [
    ['GET', {}],
    ['DELETE', {}],
    ['PATCH', { body: { description: 'x' } }]
  ] as const) {
    const [foreign, missing] = [
      await ask(method, one, asked, south),
      await ask(method, '/rooms/lab/channels/two', asked, south)
    ]
    assert.deepEqual(gist(foreign), [404, 'CHANNEL_NOT_FOUND'])
    assert.equal(foreign.text.replace('one', 'two'), missing.text)
  }
  const listed = await ask('GET', '/rooms/lab/channels', {}, south)
  assert.deepEqual(listed.body.channels, [])
  const rooms = await ask('GET', '/rooms', {}, south)
  assert.equal(rooms.text.includes('"lab"'), false)
  assert.equal((await ask('GET', one)).status, 200)
})

test('a description that the policy blocks is not taken', async t => {
  const { ask } = await openDesk(t, guarded)
  const refused = await ask('POST', '/rooms/lab/channels', { body: { channel: 'one', description: SECRET } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.equal((await ask('GET', one)).status, 404)
  await ask('POST', '/rooms/lab/channels', { body: { channel: 'one', description: 'First' } })
  const again = await ask('PATCH', one, { body: { description: SECRET } })
  assert.deepEqual(gist(again), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.equal((await ask('GET', one)).body.description, 'First')
})
