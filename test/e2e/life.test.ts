import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../helper.ts'
import { until } from '../support/until.ts'

test('a channel made by use is forgotten with its history once it is empty for long enough (lowered to 0.1 s)', async t => {
  const env = { ARQONBUS_EMPTY_CHANNEL_GRACE_MS: '100', ARQONBUS_ANONYMOUS_ROLE: 'admin' }
  const server = await startServer(t, env)
  const [client, member, late] = [await server.connect(), await server.connect(), await server.connect()]
  await client.command('create_channel', { channel_id: 'lab:created' })
  await member.join('lab:joined')
  for (const room of ['lab:used', 'lab:joined', 'lab:created', 'other:used']) {
    await client.ask({ type: 'message', room, payload: {}, ack: true })
  }
  const { epoch } = (await client.join('lab:left')).payload.data
  await client.ask({ type: 'message', room: 'lab:left', payload: {} })
  await client.command('leave_channel', { channel_id: 'lab:left' })

  const list = async (): Promise<string[]> => {
    const { channels } = (await client.command('list_channels')).payload.data
    return (channels ?? []).map((channel: { channel_id: string }) => channel.channel_id)
  }
  let channels: string[] = []
  await until('the unused channels are gone', async () => {
    channels = await list()
    return channels.includes('lab:created') && !channels.includes('lab:used') && !channels.includes('lab:left')
  })
  assert.deepEqual(
    channels.filter(id => /^(lab|other):/.test(id)),
    ['lab:created', 'lab:joined']
  )
  const kept = (await late.command('history', { room: 'lab' })).payload.data
  assert.deepEqual(kept.history.map((entry: { channel: string }) => entry.channel).sort(), ['created', 'joined'])

  const again = (await late.join('lab:left', { since: 0, epoch })).payload.data
  assert.deepEqual([again.recovered, again.sequence, again.created], [false, 0, true])
  assert.notEqual(again.epoch, epoch)
})
