import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type BusClient, type BusClientError, connect, type Published, type Recovery } from '../../src/client/index.ts'
import { startServer } from '../helper.ts'
import { type FaultyProxy, seededRandom, startProxy } from '../support/proxy.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'
const PUBLISHERS = 10
const SUBSCRIBERS = 3
const PAUSE_MS = 20
/** `npm run test:faults` sets the long run. */
const CUTS = Number(process.env.SDK_FAULT_CUTS ?? 40)
const SEED = Number(process.env.SDK_FAULT_SEED ?? 20261122)

/** Room for everything that a short absence misses at this rate. */
const roomy = {
  ARQONBUS_MAX_HISTORY_SIZE: '20000',
  ARQONBUS_MAX_HISTORY_BYTES_PER_CHANNEL: '16777216',
  ARQONBUS_MAX_RECOVERY: '20000'
}
const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

/** What one subscriber was told, in order. */
interface Told {
  readonly told: { readonly id: string; readonly sequence: number; readonly epoch: string }[]
  readonly recoveries: Recovery[]
  /** How much had been told when the client said that something may be missing. */
  readonly gaps: Set<number>
}

/** A server behind two proxies, whose connections all break sooner or later. */
async function startStage(t: TestContext, env: Record<string, string>) {
  const server = await startServer(t, { ...roomy, ...env })
  const { port } = server.app.server.address() as AddressInfo
  const random = seededRandom(SEED)
  t.diagnostic(`seed ${SEED}`)
  const clients: BusClient[] = []
  t.after(() => Promise.all(clients.map(client => client.close())))
  const open = async (proxy: FaultyProxy, name: string): Promise<BusClient> => {
    const getToken = env.ARQONBUS_ENABLE_AUTH ? () => signToken(validClaims(Date.now(), { sub: name })) : undefined
    for (;;) {
      try {
        const client = await connect(proxy.wsUrl, {
          getToken,
          reconnect: { baseMs: 20, maxMs: 200 },
          maxQueued: 10_000
        })
        clients.push(client)
        return client
      } catch (error) {
        assert.ok((error as BusClientError).retry, String(error))
      }
    }
  }
  return {
    server,
    open,
    near: await startProxy(t, port, { random, maxBytes: 30_000, maxDelayMs: 20 }),
    far: await startProxy(t, port, { random, maxBytes: 300_000, maxDelayMs: 20 })
  }
}

/** Joins, however often the connection breaks meanwhile. */
async function subscribe(client: BusClient): Promise<Told> {
  const record: Told = { told: [], recoveries: [], gaps: new Set() }
  const channel = client.channel(CHANNEL)
  channel.on('message', ({ id, sequence, epoch }) => {
    record.told.push({ id, sequence: sequence as number, epoch: epoch as string })
  })
  channel.on('recovered', recovery => {
    record.recoveries.push(recovery)
    if (!recovery.recovered) record.gaps.add(record.told.length)
  })
  for (;;) {
    try {
      await channel.join()
      return record
    } catch (error) {
      assert.ok((error as BusClientError).retry, String(error))
    }
  }
}

/** Publishes 50 messages a second until told to stop; resolves with every acknowledgement. */
async function publishSteadily(client: BusClient, isWanted: () => boolean): Promise<PromiseSettledResult<Published>[]> {
  const outcomes: Promise<PromiseSettledResult<Published>[]>[] = []
  const channel = client.channel(CHANNEL)
  const startMs = performance.now()
  for (let n = 0; isWanted(); n++) {
    outcomes.push(Promise.allSettled([channel.publish({ n, text: 'x'.repeat(n % 200) })]))
    await pause(Math.max(0, startMs + (n + 1) * PAUSE_MS - performance.now()))
  }
  return (await Promise.all(outcomes)).flat()
}

/** Whether a subscriber was told the last message, or, as it came back after it, that the last may be missing. */
function isAtEnd({ told, recoveries }: Told, last: number): boolean {
  const recovery = recoveries.at(-1)
  return told.at(-1)?.sequence === last || (recovery?.recovered === false && recovery.end.sequence === last)
}

/** Neither hole, duplicate nor inversion, except where the client said so. */
function checkRecord({ told, gaps }: Told): void {
  for (const [index, { sequence, epoch }] of told.entries()) {
    const before = told[index - 1]
    if (!before || gaps.has(index)) continue
    assert.deepEqual({ sequence, epoch }, { sequence: before.sequence + 1, epoch: before.epoch }, `message ${index}`)
  }
  assert.equal(new Set(told.map(({ id }) => id)).size, told.length, 'an id came twice')
}

async function run(t: TestContext, env: Record<string, string>, cuts: number, publishers: number) {
  const { near, far, open } = await startStage(t, env)
  const subscribers = await Promise.all(Array.from({ length: SUBSCRIBERS }, (_, n) => open(far, `subscriber-${n}`)))
  const records = await Promise.all(subscribers.map(subscribe))
  const publishing = await Promise.all(Array.from({ length: publishers }, (_, n) => open(near, `publisher-${n}`)))
  const brokenCount = (): number => near.brokenCount() + far.brokenCount()
  const isWanted = (): boolean => brokenCount() < cuts && !t.signal.aborted
  const startMs = performance.now()
  const outcomes = publishing.map(client => publishSteadily(client, isWanted))
  while (isWanted()) await pause(20)
  near.calm()
  far.calm()
  const settled = (await Promise.all(outcomes)).flat()
  const published = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const last = Math.max(...published.map(({ sequence }) => sequence as number))
  for (const record of records)
    await until('the last message has come, or is known to be missing', () => isAtEnd(record, last))
  const seconds = Math.round((performance.now() - startMs) / 100) / 10
  const duplicates = published.filter(({ duplicate }) => duplicate).length
  const recoveries = records.flatMap(record => record.recoveries)
  t.diagnostic(
    `${brokenCount()} broken connections in ${seconds} s (${JSON.stringify([...near.broken, ...far.broken])}); ` +
      `${settled.length} published, ${published.length} acknowledged, ${duplicates} of them after a repeat; ` +
      `${recoveries.length} recoveries, ${recoveries.filter(({ recovered }) => !recovered).length} of them incomplete`
  )
  return { settled, published, records }
}

for (const [mode, env] of [
  ['with authentication', withTokens],
  ['without authentication', {}]
] as const) {
  test(`${mode}, nothing acknowledged is lost or doubled, however connections break`, { timeout: 900_000 }, async t => {
    const cuts = mode === 'with authentication' ? CUTS : Math.ceil(CUTS / 4)
    const { settled, published, records } = await run(t, env, cuts, PUBLISHERS)
    for (const record of records) {
      checkRecord(record)
      assert.equal(record.gaps.size, 0)
      const byId = new Map(record.told.map(({ id, sequence }) => [id, sequence]))
      for (const { id, sequence } of published) {
        assert.ok(byId.has(id) || (record.told[0]?.sequence ?? 0) > (sequence ?? 0), `${id} never came`)
        if (byId.has(id)) assert.equal(byId.get(id), sequence)
      }
    }
    assert.deepEqual(
      settled.flatMap(one => (one.status === 'rejected' ? [one.reason.message] : [])),
      []
    )
  })
}

test('where history is too short, each hole is told of beforehand', { timeout: 900_000 }, async t => {
  const env = { ...withTokens, ARQONBUS_MAX_HISTORY_SIZE: '3' }
  const { settled, published, records } = await run(t, env, Math.ceil(CUTS / 2), PUBLISHERS)
  for (const record of records) checkRecord(record)
  assert.ok(records.some(({ gaps }) => gaps.size > 0))
  assert.equal(settled.length, published.length)
})
