import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HistorySource, readHistory } from '../../../src/history/query.ts'
import type { HistoryQuery } from '../../../src/protocol/history.ts'
import type { Publication } from '../../../src/protocol/publication.ts'
import { makeMessage, makePublication } from '../../support/messages.ts'

const START_MS = Date.UTC(2026, 0, 1)
const everything: HistoryQuery = { limit: 10_000, keep: 'oldest' }

/** A source of channels whose messages were stamped at the given moments, in milliseconds after the start. */
function sourceOf(
  channels: Readonly<Record<string, readonly number[]>>
): HistorySource & { readonly asked: HistoryQuery[] } {
  const asked: HistoryQuery[] = []
  return {
    asked,
    keysOf: (tenant, room, channel) =>
      Object.keys(channels)
        .filter(name => channel === undefined || name === channel)
        .map(name => `${tenant}/${room}:${name}`),
    async read(key, query) {
      asked.push(query)
      const name = key.slice(key.indexOf(':') + 1)
      const all: Publication[] = (channels[name] ?? []).map((offsetMs, at) => {
        const message = makeMessage({ room: 'r', channel: name, timestampMs: START_MS + offsetMs })
        return makePublication(message, { sequence: at + 1, epoch: 'e' })
      })
      const publications = query.keep === 'oldest' ? all.slice(0, query.limit) : all.slice(-query.limit)
      return { publications, total: all.length, position: { sequence: all.length, epoch: 'e' } }
    }
  }
}

async function read(source: HistorySource, query: HistoryQuery, channel?: string): Promise<string[]> {
  const { publications } = await readHistory(source, { tenant: 't', room: 'r', channel }, query)
  return publications.map(({ message, sequence }) => `${message.channel}${sequence}`)
}

test('the history of one channel comes as the broker holds it, whatever the clock did', async () => {
  const source = sourceOf({ a: [50, 10, 30], b: [20] })
  assert.deepEqual(await read(source, everything, 'a'), ['a1', 'a2', 'a3'])
  assert.deepEqual(source.asked, [everything])
})

test('the history of a place without channels is empty', async () => {
  const slice = await readHistory(sourceOf({}), { tenant: 't', room: 'r', channel: undefined }, everything)
  assert.deepEqual(slice, { publications: [], total: 0 })
})

test('the histories of several channels are merged by time', async () => {
  assert.deepEqual(await read(sourceOf({ a: [10, 30], b: [20, 40], c: [] }), everything), ['a1', 'b1', 'a2', 'b2'])
})

test('messages of one moment keep the order of their channels', async () => {
  assert.deepEqual(await read(sourceOf({ a: [10, 10], b: [10] }), everything), ['a1', 'a2', 'b1'])
})

test('a message stamped after the clock stepped back stands behind the one before it', async () => {
  const source = sourceOf({ a: [100, 10, 110], b: [50, 105] })
  assert.deepEqual(await read(source, everything), ['b1', 'a1', 'a2', 'b2', 'a3'])
})

test('of more messages than wanted, the asked-for end is kept, oldest first', async () => {
  const source = sourceOf({ a: [10, 30, 50], b: [20, 40] })
  assert.deepEqual(await read(source, { limit: 2, keep: 'oldest' }), ['a1', 'b1'])
  assert.deepEqual(await read(source, { limit: 2, keep: 'newest' }), ['b2', 'a3'])
})

test('the total counts what all channels hold, not what was asked for', async () => {
  const source = sourceOf({ a: [10, 30], b: [20] })
  const { total } = await readHistory(
    source,
    { tenant: 't', room: 'r', channel: undefined },
    { limit: 1, keep: 'newest' }
  )
  assert.equal(total, 3)
})

test('a merge loses nothing, keeps the order of each channel and goes with the time where clocks go forward', async () => {
  const moments = fc.array(fc.nat(50), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(moments, moments, moments, fc.boolean(), async (a, b, c, isSteady) => {
      const channels = isSteady
        ? { a: a.toSorted(byNumber), b: b.toSorted(byNumber), c: c.toSorted(byNumber) }
        : { a, b, c }
      const { publications } = await readHistory(
        sourceOf(channels),
        { tenant: 't', room: 'r', channel: undefined },
        everything
      )
      for (const name of ['a', 'b', 'c'] as const) {
        const sequences = publications.filter(({ message }) => message.channel === name).map(({ sequence }) => sequence)
        assert.deepEqual(
          sequences,
          channels[name].map((_, at) => at + 1)
        )
      }
      const times = publications.map(({ message }) => message.timestampMs)
      if (isSteady) assert.deepEqual(times, times.toSorted(byNumber))
    })
  )
})

test('a limited merge is the end of the whole one, where clocks go forward', async () => {
  const moments = fc.array(fc.nat(20), { maxLength: 8 }).map(list => list.toSorted(byNumber))
  await fc.assert(
    fc.asyncProperty(moments, moments, fc.integer({ min: 1, max: 20 }), async (a, b, limit) => {
      const source = sourceOf({ a, b })
      const whole = await read(source, everything)
      assert.deepEqual(await read(source, { limit, keep: 'oldest' }), whole.slice(0, limit))
      assert.deepEqual(await read(source, { limit, keep: 'newest' }), whole.slice(-limit))
    })
  )
})

function byNumber(a: number, b: number): number {
  return a - b
}
