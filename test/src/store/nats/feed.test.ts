import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import type { TakeEntry } from '../../../../src/store/nats/bucket.ts'
import { type Entry, NOTHING } from '../../../../src/store/nats/entry.ts'
import { Feed } from '../../../../src/store/nats/feed.ts'
import { FakeClock } from '../../../support/clock.ts'

const MARKS_MS = 60_000

/** A bucket of which each revision is under a subject of its own, and which hands on only what the test says. */
class ToyBucket {
  identity = 'first'
  revisions: number[] = []
  /** What the reads began with. */
  readonly loads: number[] = []
  isBroken = false
  /** Runs when it is asked how far it has come, before it answers. */
  asked: () => void = () => {}
  /** Runs before the first revision of a read. */
  before: () => void = () => {}
  /** Runs after the last revision of the next read. */
  meanwhile: () => void = () => {}
  #hand: TakeEntry = () => {}

  async ensure() {
    await turn()
    this.asked()
    return { identity: this.identity, lastRevision: this.revisions.at(-1) ?? 0 }
  }

  follow(take: TakeEntry): void {
    this.#hand = take
  }

  async load(from: number, take: TakeEntry): Promise<void> {
    this.loads.push(from)
    if (this.isBroken) throw new Error('broken')
    this.before()
    for (const revision of this.revisions) if (revision >= from) take(`s${revision}`, entryOf(revision))
    const { meanwhile } = this
    this.meanwhile = () => {}
    meanwhile()
    await turn()
  }

  /** Stores revisions. */
  store(...revisions: number[]): void {
    this.revisions.push(...revisions)
  }

  /** Hands on what was stored. */
  hand(revision: number, bytes = 0): void {
    this.#hand(`s${revision}`, entryOf(revision, bytes))
  }
}

function entryOf(revision: number, bytes = 0): Entry {
  return { ...NOTHING, revision, version: revision, data: new Uint8Array(bytes) }
}

async function open(...revisions: number[]) {
  const clock = new FakeClock()
  const bucket = new ToyBucket()
  bucket.store(...revisions)
  const taken: number[] = []
  const reread: { seen: string[]; upTo: number }[] = []
  const link = { isUp: true, up: () => {}, down: () => {} }
  const feed = new Feed({
    bucket,
    link: {
      get isUp() {
        return link.isUp
      },
      onUp: run => {
        link.up = run
      },
      onDown: run => {
        link.down = run
      }
    },
    clock,
    log: pino({ level: 'silent' }),
    take: (_subject, { revision }) => taken.push(revision),
    reread: async (seen, upTo) => {
      reread.push({ seen: [...seen], upTo })
    },
    marksMs: MARKS_MS
  })
  await feed.open()
  const settle = async () => {
    for (let round = 0; round < 20; round++) await turn()
  }
  return { clock, bucket, feed, taken, reread, link, settle }
}

test('all that is there is taken, and then what comes', async () => {
  const { bucket, taken, reread, feed } = await open(3, 5)
  bucket.hand(6)
  bucket.hand(7)
  assert.deepEqual(taken, [3, 5, 6, 7])
  assert.deepEqual(bucket.loads, [1])
  assert.deepEqual(reread, [{ seen: ['s3', 's5'], upTo: 5 }])
  feed.close()
})

test('what comes a second time is not taken again', async () => {
  const { bucket, taken, feed } = await open(1)
  for (const revision of [2, 1, 2, 3, 2]) bucket.hand(revision)
  assert.deepEqual(taken, [1, 2, 3])
  feed.close()
})

test('what has not come is fetched before what has', async () => {
  const { bucket, taken, feed, settle } = await open(1)
  bucket.store(2, 3, 4)
  bucket.hand(4)
  assert.deepEqual(taken, [1])
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 4])
  assert.deepEqual(bucket.loads, [1, 2])
  bucket.hand(5)
  assert.deepEqual(taken, [1, 2, 3, 4, 5])
  feed.close()
})

test('what comes while the bucket is read is taken afterwards, once', async () => {
  const { bucket, taken, feed, settle } = await open(1)
  bucket.store(2, 3)
  bucket.meanwhile = () => {
    for (const revision of [2, 3, 4, 5]) bucket.hand(revision)
  }
  bucket.hand(3)
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 4, 5])
  feed.close()
})

test('what comes late is taken revision by revision, though the bucket holds only the last of them', async () => {
  const { clock, bucket, taken, feed, settle } = await open(1)
  bucket.revisions = [4]
  bucket.asked = () => {
    for (const revision of [2, 3, 4]) bucket.hand(revision)
  }
  const waiting = feed.reached(2)
  clock.advance(500)
  await waiting
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 4])
  assert.deepEqual(bucket.loads, [1])
  feed.close()
})

test('what comes in another order is taken in its own, though the bucket holds only the last', async () => {
  const { bucket, taken, feed, settle } = await open(1)
  bucket.revisions = [5]
  bucket.asked = () => {
    for (const revision of [3, 5, 2]) bucket.hand(revision)
  }
  bucket.hand(4)
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 4, 5])
  assert.deepEqual(bucket.loads, [1])
  feed.close()
})

test('what comes during a read goes before what is read', async () => {
  const { clock, bucket, taken, feed, settle } = await open(1)
  bucket.revisions = [4]
  bucket.before = () => {
    for (const revision of [2, 3]) bucket.hand(revision)
  }
  clock.advance(10_000)
  await settle()
  bucket.hand(5)
  assert.deepEqual(taken, [1, 2, 3, 4, 5])
  assert.deepEqual(bucket.loads, [1, 2])
  feed.close()
})

test('a bucket made anew whose read fails is read as a whole by the next', async () => {
  const { clock, bucket, taken, reread, feed, link, settle } = await open(1, 2, 3)
  bucket.revisions = [1, 2]
  bucket.isBroken = true
  link.down()
  link.up()
  await settle()
  bucket.isBroken = false
  bucket.store(3, 4)
  clock.advance(500)
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 1, 2, 3, 4])
  assert.deepEqual(reread.at(-1), { seen: ['s1', 's2', 's3', 's4'], upTo: Number.POSITIVE_INFINITY })
  feed.close()
})

test('when something is missing among what came meanwhile, the bucket is read once more', async () => {
  const { bucket, taken, feed, settle } = await open(1)
  bucket.store(2, 3)
  bucket.meanwhile = () => {
    bucket.store(4, 5)
    bucket.hand(5)
  }
  bucket.hand(3)
  await settle()
  assert.deepEqual(taken, [1, 2, 3, 4, 5])
  assert.deepEqual(bucket.loads, [1, 2, 4])
  feed.close()
})

test('more than 16 MiB is not kept meanwhile, but read', async () => {
  const { bucket, taken, feed, settle } = await open(1)
  bucket.store(2, 3)
  bucket.meanwhile = () => {
    for (let revision = 4; revision < 22; revision++) {
      bucket.store(revision)
      bucket.hand(revision, 2 ** 20)
    }
  }
  bucket.hand(3)
  await settle()
  assert.deepEqual(
    taken,
    Array.from({ length: 21 }, (_, at) => at + 1)
  )
  assert.deepEqual(bucket.loads, [1, 2, 4])
  feed.close()
})

test('a read that fails is tried again', async () => {
  const { clock, bucket, taken, feed, settle } = await open(1)
  bucket.store(2, 3)
  bucket.isBroken = true
  bucket.hand(3)
  await settle()
  assert.deepEqual(taken, [1])
  bucket.isBroken = false
  clock.advance(500)
  await settle()
  assert.deepEqual(taken, [1, 2, 3])
  feed.close()
})

test('what nobody has handed on is found by itself', async () => {
  const { clock, bucket, taken, feed, settle } = await open(1)
  bucket.store(2)
  clock.advance(10_000)
  await settle()
  assert.deepEqual(taken, [1, 2])
  feed.close()
})

test('after a short outage what is new is read, after a long one all', async () => {
  const { clock, bucket, taken, reread, feed, link, settle } = await open(1)
  for (const [awayMs, from, revision] of [
    [MARKS_MS, 2, 2],
    [MARKS_MS + 1, 1, 3]
  ] as const) {
    link.isUp = false
    link.down()
    bucket.store(revision)
    clock.advance(awayMs)
    link.isUp = true
    link.up()
    await settle()
    assert.equal(bucket.loads.at(-1), from)
  }
  assert.deepEqual(taken, [1, 2, 3])
  assert.deepEqual(reread.at(-1), { seen: ['s1', 's2', 's3'], upTo: 3 })
  assert.equal(reread.length, 2)
  feed.close()
})

for (const [what, identity] of [
  ['made anew', 'second'],
  ['that went back', 'first']
] as const) {
  test(`a bucket ${what} is read as a whole, whatever was known`, async () => {
    const { bucket, taken, reread, feed, link, settle } = await open(1, 2, 3)
    bucket.identity = identity
    bucket.revisions = [1, 2]
    link.down()
    link.up()
    await settle()
    bucket.hand(3)
    assert.deepEqual(taken, [1, 2, 3, 1, 2, 3])
    assert.deepEqual(reread.at(-1), { seen: ['s1', 's2'], upTo: Number.POSITIVE_INFINITY })
    feed.close()
  })
}

test('whoever waits for a revision goes on when it is taken', async () => {
  const { clock, bucket, feed } = await open(1)
  await feed.reached(1)
  const waiting = feed.reached(2)
  bucket.hand(2)
  await waiting
  feed.close()
  assert.equal(clock.pending, 0)
})

test('whoever waits for a revision that does not come goes on after half a second, and it is fetched', async () => {
  const { clock, bucket, taken, feed, settle } = await open(1)
  bucket.store(2)
  const waiting = feed.reached(2)
  clock.advance(500)
  await waiting
  await settle()
  assert.deepEqual(taken, [1, 2])
  feed.close()
})

for (const end of ['close', 'down'] as const) {
  test(`nobody waits any more after ${end}`, async () => {
    const { clock, feed, link } = await open(1)
    const waiting = feed.reached(2)
    if (end === 'close') feed.close()
    else link.down()
    await waiting
    feed.close()
    assert.equal(clock.pending, 0)
  })
}

test('nothing is taken after the end', async () => {
  const { bucket, taken, feed } = await open(1)
  feed.close()
  bucket.hand(2)
  assert.deepEqual(taken, [1])
})
