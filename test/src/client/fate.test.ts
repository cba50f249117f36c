import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FateOptions, findFates } from '../../../src/client/fate.ts'
import { BusClientError } from '../../../src/client/index.ts'
import type { Uncertain } from '../../../src/client/outbox.ts'
import { placeOf } from '../../../src/client/place.ts'

const gone = new BusClientError('TARGET_NOT_FOUND', 'Target not found')
const place = placeOf('science:general')

function uncertain(id: string, after?: number, sentBy = 'arq_client_old'): Uncertain {
  const letter = { id, place, text: '', isEchoed: false, isAcknowledged: true }
  return {
    letter,
    sentBy,
    ageMs: 0,
    after: after === undefined ? undefined : { sequence: after, epoch: 'e1', storedAtMs: 0 }
  }
}

function stored(id: string, sequence: number, more: object = {}) {
  const timestamp = new Date(1000 * sequence).toISOString()
  return { id, sequence, epoch: 'e1', sender: 'arq_client_old', channel: 'general', timestamp, ...more }
}

function options(history: ReturnType<typeof stored>[], more: Partial<FateOptions> = {}): FateOptions {
  return {
    ask: async (_name, args) => ({ entries: pageOf(history, args) }),
    hasHistory: true,
    isOwn: sender => sender === 'arq_client_old',
    knock: () => Promise.reject(gone),
    wait: async () => {},
    ...more
  }
}

/** Two messages in one answer. */
function pageOf(history: ReturnType<typeof stored>[], args: object) {
  const from = String((args as { from_ts?: unknown }).from_ts)
  return history
    .filter(({ timestamp }) => timestamp >= from)
    .slice(0, 2)
    .map(envelope => ({ envelope }))
}

async function fatesOf(letters: Uncertain[], asked: FateOptions): Promise<unknown[]> {
  return [...(await findFates(letters, asked)).values()]
}

test('a message that stands in the history has its position', async () => {
  const history = [stored('arq_x', 1), stored('arq_a', 2)]
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options(history)), [
    { sequence: 2, epoch: 'e1', storedAtMs: 2000 }
  ])
})

test('a message that a whole history does not hold was not published', async () => {
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options([stored('arq_x', 1)])), ['absent'])
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options([])), ['absent'])
})

test('a history that reaches back to the publish before is whole enough, and not one that begins later', async () => {
  const history = [stored('arq_x', 40), stored('arq_y', 41)]
  assert.deepEqual(await fatesOf([uncertain('arq_a', 40)], options(history)), ['absent'])
  assert.deepEqual(await fatesOf([uncertain('arq_a', 39)], options(history)), ['unknown'])
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options(history)), ['unknown'])
})

test('positions of another epoch prove nothing', async () => {
  const history = [stored('arq_x', 5, { epoch: 'e2' })]
  assert.deepEqual(await fatesOf([uncertain('arq_a', 40)], options(history)), ['unknown'])
})

test('an empty history proves nothing where none is kept', async () => {
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options([], { hasHistory: false })), ['unknown'])
})

test('the same id of somebody else, or in another channel, is another message', async () => {
  const others = [stored('arq_a', 1, { sender: 'arq_client_other' }), stored('arq_a', 2, { channel: 'explore' })]
  assert.deepEqual(await fatesOf([uncertain('arq_a')], options(others)), ['absent'])
})

test('the history is looked at only once the server has let go of the old connection', async () => {
  const steps: string[] = []
  const asked = options([], {
    knock: () => {
      steps.push('knock')
      return steps.length < 5 ? Promise.resolve() : Promise.reject(gone)
    },
    wait: async delayMs => void steps.push(`wait ${delayMs}`),
    ask: async () => {
      steps.push('history')
      return { entries: [] }
    }
  })
  await findFates([uncertain('arq_a'), uncertain('arq_b')], asked)
  assert.deepEqual(steps, ['knock', 'wait 500', 'knock', 'wait 500', 'knock', 'history'])
})

test('nothing can be told while the old connection lives on', async () => {
  const asked = options([stored('arq_a', 1)], { knock: async () => {}, ask: assert.fail })
  assert.deepEqual(await fatesOf([uncertain('arq_a')], asked), ['unknown'])
})

test('what went wrong with the new connection is passed on', async () => {
  const lost = new BusClientError('CLOSED', 'gone')
  await assert.rejects(findFates([uncertain('arq_a')], options([], { knock: () => Promise.reject(lost) })), lost)
})

test('a long history is read page by page, from the publish before on', async () => {
  const history = Array.from({ length: 9 }, (_, index) => stored(`arq_${index + 1}`, index + 1))
  const asked: unknown[] = []
  const letter = uncertain('arq_9', 4)
  const after = { sequence: 4, epoch: 'e1', storedAtMs: 5000 }
  const paged = options(history, {
    ask: async (_name, args) => {
      asked.push((args as { from_ts?: unknown }).from_ts)
      return { entries: pageOf(history, args) }
    }
  })
  assert.deepEqual(await fatesOf([{ ...letter, after }], paged), [{ sequence: 9, epoch: 'e1', storedAtMs: 9000 }])
  assert.deepEqual(
    asked,
    [4, 5, 6, 7, 8, 9].map(second => new Date(1000 * second).toISOString())
  )
})

test('a history without end proves nothing', async () => {
  let sequence = 0
  const endless = options([], { ask: async () => ({ entries: [{ envelope: stored(`arq_${++sequence}`, sequence) }] }) })
  assert.deepEqual(await fatesOf([uncertain('arq_a')], endless), ['unknown'])
  assert.equal(sequence, 50)
})
