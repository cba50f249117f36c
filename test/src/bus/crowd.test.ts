import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BusLimits } from '../../../src/bus/bus.ts'
import { type BusStage, type Peer, setBus } from '../../support/bus.ts'

/** So many that calls within each other for each of them would be too many for the stack. */
const CROWD = 2000
/** A delivery that waits for the end of the turn, and that a notice of presence makes long enough to be written at once. */
const JUST_UNDER_FLUSH = 65_536 - 100

/** Members who asked to be told who leaves, and who read no more. */
async function stopCrowd(t: TestContext, limits: Partial<BusLimits>): Promise<{ stage: BusStage; crowd: Peer[] }> {
  const stage = await setBus(t, { limits })
  const crowd = Array.from({ length: CROWD }, () => stage.connect())
  for (const isWatching of [false, true]) {
    for (const member of crowd) {
      await stage.bus.channels.join(member.connection, 'lab', 'bench', { isWatching }).then(joined => joined.goLive())
    }
  }
  for (const member of crowd) member.transport.stop()
  return { stage, crowd }
}

/** Publishes one message whose delivery to the crowd is so long. */
async function publish(stage: BusStage, bytes: number): Promise<void> {
  const [writer, reader] = [stage.connect(), stage.connect()]
  await reader.join('lab:probe')
  const say = (channel: string, t: string) => writer.say({ type: 'message', room: 'lab', channel, payload: { t } })
  say('probe', '')
  const overhead = reader.transport.bytes.at(-1)?.length ?? 0
  say('bench', 'x'.repeat(bytes - overhead))
  reader.transport.end()
  writer.transport.end()
}

test('a crowd that one message is too much for leaves one after the other', async t => {
  const { stage, crowd } = await stopCrowd(t, { maxOutboundBytes: 1024, maxOutboundTotalBytes: 1e12 })
  await publish(stage, JUST_UNDER_FLUSH)
  assert.ok(crowd.every(member => !member.connection.isOpen))
  assert.equal(stage.bus.roster.slowConsumerCount, CROWD)
  assert.equal(stage.bus.hub.size, 0)
})

test('a crowd that fills what all may have waiting leaves one after the other', async t => {
  const { stage, crowd } = await stopCrowd(t, { maxOutboundBytes: 1e12, maxOutboundTotalBytes: 1024 })
  await publish(stage, JUST_UNDER_FLUSH)
  await stage.pass(1500)
  assert.ok(crowd.every(member => !member.connection.isOpen))
  assert.equal(stage.bus.hub.size, 0)
})
