import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Notices } from '../../../src/bus/notices.ts'
import { Presence } from '../../../src/bus/presence.ts'
import { setBus } from '../../support/bus.ts'

/** Notices of a node with others, which answer when the test lets them. */
async function setNotices(t: TestContext) {
  const told: number[] = []
  const asked: string[][] = []
  const waiting: (() => void)[] = []
  const { bus } = await setBus(t, {
    broker: () => ({
      peerCount: 1,
      notify: ({ payload }) => void told.push(JSON.parse(payload).n),
      async ask(question) {
        const { channels } = question as { channels: string[] }
        asked.push(channels)
        await new Promise<void>(resolve => waiting.push(resolve))
        return [{ channels: channels.map(() => 5), rooms: [] }]
      }
    })
  })
  const { registry, broker, hub } = bus
  const engine = {
    broker,
    events: { emit() {} },
    clock: { now: () => 0, iso: () => '' },
    ids: { message: () => 'arq_x' }
  }
  const notices = new Notices(engine as never, hub, new Presence(hub))
  const about = registry.ensure('default', 'lab', 'one', 'arqonbus')
  return {
    notices,
    told,
    asked,
    tell: (n: number) => notices.tell({ event: 'any', about, where: about, facts: { n }, clientId: undefined }),
    release: () => waiting.shift()?.()
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

test('with 10,000 notices that wait nothing is told before the answer, and with one more all is', async t => {
  const { notices, tell, told, release } = await setNotices(t)
  const counts = range(10_001).map(tell)
  assert.deepEqual(told, [])
  counts.push(tell(10_001))
  assert.deepEqual(told, range(10_002))
  assert.deepEqual(await counts[0], 0)
  release()
  await notices.settle()
  assert.equal(told.length, 10_002)
})

test('a question is of 1,000 notices at most, and each of them says how many members are elsewhere', async t => {
  const { notices, tell, told, asked, release } = await setNotices(t)
  const counts = [tell(0), ...range(1_001).map(n => tell(n + 1))]
  const settled = notices.settle()
  for (const length of [1, 1_001, 1_002]) {
    release()
    await counts[length - 1]
    assert.equal(told.length, length)
  }
  await settled
  assert.deepEqual(told, range(1_002))
  assert.equal(asked.length, 3)
  for (const keys of asked) assert.deepEqual(keys, ['default/lab:one'])
  assert.deepEqual(new Set(await Promise.all(counts)), new Set([5]))
})
