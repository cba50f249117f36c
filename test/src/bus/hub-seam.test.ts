import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Broker } from '../../../src/broker/broker.ts'
import type { ServerFrame } from '../../helper.ts'
import { BusStage, type Peer, setBus } from '../../support/bus.ts'

const address = 'lab:one'
const key = 'default/lab:one'

/** Answers of a broker that is far away: each waits before and after the work until the test lets it go on. */
class Delay {
  readonly waiting: (() => void)[] = []
  /** Keys whose publications come in at present. */
  readonly subscribed = new Set<string>()

  readonly broker = (memory: Broker): Partial<Broker> => ({
    subscribe: key =>
      this.#late(async () => {
        await memory.subscribe(key)
        this.subscribed.add(key)
      }),
    unsubscribe: key => {
      memory.unsubscribe(key)
      this.subscribed.delete(key)
    },
    recover: (key, since, limit) => this.#late(() => memory.recover(key, since, limit)),
    position: key => this.#late(() => memory.position(key))
  })

  /** Lets one of those that wait go on. */
  open(index: number): void {
    const [next] = this.waiting.splice(index % Math.max(1, this.waiting.length), 1)
    next?.()
  }

  async #late<T>(work: () => Promise<T>): Promise<T> {
    await this.#pause()
    const result = await work()
    await this.#pause()
    return result
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      this.waiting.push(resolve)
    })
  }
}

/** Lets everything go on until nothing waits. */
async function finish(stage: BusStage, delay: Delay): Promise<void> {
  do {
    delay.open(0)
    await stage.settle()
  } while (delay.waiting.length > 0)
}

/** A client with what it may expect. */
class Reader {
  readonly peer: Peer
  /** The last sequence that was seen, and its epoch. */
  last: { sequence: number; epoch: string } | undefined
  #isMember = false
  /** Joins that are not answered yet: who does not know whether it is a member cannot say what it missed. */
  #joining = 0
  #read = 0

  constructor(peer: Peer, last: Reader['last']) {
    this.peer = peer
    this.last = last
  }

  join(isRecovering: boolean): void {
    const since = isRecovering && !this.#isMember && this.#joining === 0 && this.last
    this.#joining++
    const args = since ? { since: since.sequence, epoch: since.epoch } : {}
    this.peer.say({ type: 'command', command: 'join_channel', args: { channel_id: address, ...args } })
  }

  leave(): void {
    this.peer.say({ type: 'command', command: 'leave_channel', args: { channel_id: address } })
  }

  /** Looks at what came since the last look: every message of the membership, each once, in order. */
  check(published: number): void {
    for (const frame of this.peer.frames.slice(this.#read)) this.#follow(frame)
    this.#read = this.peer.frames.length
    if (this.#isMember && this.peer.connection.held === undefined) assert.equal(this.last?.sequence, published)
  }

  #follow({ type, sequence, payload }: ServerFrame): void {
    if (type === 'message') {
      assert.ok(this.#isMember, 'a message although not a member')
      assert.ok(this.last)
      assert.equal(sequence, this.last.sequence + 1)
      this.last.sequence = sequence
    } else if (payload.data.left_at) this.#isMember = false
    else this.#enter(payload.data)
  }

  #enter({ recovered, epoch, sequence }: ServerFrame): void {
    this.#joining--
    if (!this.#isMember) {
      if (recovered) assert.equal(epoch, this.last?.epoch)
      else this.last = { sequence, epoch }
      this.#isMember = true
    }
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('publish' as const) }) },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('open' as const), which: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constantFrom('join' as const, 'recover' as const, 'leave' as const, 'reconnect' as const),
      who: fc.nat(2)
    })
  }
)

test('however joins, recoveries, departures and messages interleave, members see every message once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
      const delay = new Delay()
      const stage = new BusStage({ broker: delay.broker })
      await stage.bus.start()
      const publisher = stage.connect()
      const readers = [0, 1, 2].map(() => new Reader(stage.connect(), undefined))
      let published = 0
      for (const action of steps) {
        if (action.act === 'publish') {
          publisher.say({ type: 'message', room: address, ack: false })
          published++
        } else if (action.act === 'open') delay.open(action.which)
        else {
          const reader = readers[action.who] as Reader
          if (action.act === 'leave') reader.leave()
          else if (action.act === 'reconnect') {
            reader.peer.transport.end()
            readers[action.who] = new Reader(stage.connect(), reader.last)
          } else reader.join(action.act === 'recover')
        }
        await stage.settle()
        for (const reader of readers) reader.check(published)
      }
      await finish(stage, delay)
      for (const reader of readers) {
        reader.check(published)
        reader.peer.transport.end()
      }
      assert.deepEqual([...delay.subscribed], [])
      await stage.bus.close()
    }),
    { numRuns: 300 }
  )
})

test('what is published while a join reads the position comes after the answer', async t => {
  const delay = new Delay()
  const stage = await setBus(t, { broker: delay.broker })
  const [ada, bob] = [stage.connect(), stage.connect()]
  bob.say({ type: 'command', command: 'join_channel', args: { channel_id: address } })
  while (stage.bus.hub.membersOf(key).size === 0 || !delay.subscribed.has(key)) {
    delay.open(0)
    await stage.settle()
  }
  ada.say({ type: 'message', room: address, payload: { n: 1 } })
  assert.equal(bob.frames.length, 0)
  await finish(stage, delay)
  const [response, ...messages] = bob.frames
  const sequence = response?.payload.data.sequence
  assert.deepEqual(
    messages.map(frame => frame.sequence),
    [1].filter(published => published > sequence)
  )
})

test('a connection that goes while it joins leaves no membership, watch, subscription or notice behind', async t => {
  const delay = new Delay()
  const stage = await setBus(t, { broker: delay.broker })
  const watcher = stage.connect()
  watcher.say({ type: 'command', command: 'join_channel', args: { channel_id: 'lab:two', presence: true } })
  await finish(stage, delay)
  for (let opened = 0; opened < 6; opened++) {
    const ada = stage.connect()
    ada.say({ type: 'command', command: 'join_channel', args: { channel_id: address, presence: true } })
    for (let n = 0; n < opened; n++) {
      delay.open(0)
      await stage.settle()
    }
    const { deliveredCount } = stage.bus.hub
    ada.transport.end()
    await finish(stage, delay)
    assert.equal(stage.bus.hub.membersOf(key).size, 0)
    assert.deepEqual([...delay.subscribed].sort(), ['default/lab:', 'default/lab:two'])
    assert.equal(stage.bus.hub.deliveredCount, deliveredCount, 'somebody was told of it')
  }
})

test('of a client that goes while it joins those who watch are told both', async t => {
  const delay = new Delay()
  const stage = await setBus(t, { broker: delay.broker })
  const [watcher, ada] = [stage.connect(), stage.connect()]
  watcher.say({ type: 'command', command: 'join_channel', args: { channel_id: address, presence: true } })
  await finish(stage, delay)
  watcher.frames.length = 0
  ada.say({ type: 'command', command: 'join_channel', args: { channel_id: address } })
  delay.open(0)
  await stage.settle()
  ada.transport.end()
  await finish(stage, delay)
  assert.deepEqual(
    watcher.frames.map(({ payload }) => [payload.event, payload.participant_count]),
    [
      ['client_joined', 2],
      ['client_left', 1]
    ]
  )
})
