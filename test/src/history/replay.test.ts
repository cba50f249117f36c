import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { findRegression } from '../../../src/history/replay.ts'
import type { Publication } from '../../../src/protocol/publication.ts'
import { type MessageParts, makeMessage, makePublication } from '../../support/messages.ts'

function published(metadata: object, parts: MessageParts = {}): Publication {
  return makePublication(makeMessage({ ...parts, metadata: JSON.stringify(metadata) }), { sequence: 1, epoch: 'e' })
}

function numbered(...numbers: readonly number[]): Publication[] {
  return numbers.map(sequence => published({ sequence }))
}

test('numbers that grow are no regression, also with gaps', () => {
  assert.equal(findRegression([]), undefined)
  assert.equal(findRegression(numbered(1, 2, 3, 10, 1000)), undefined)
  assert.equal(findRegression(numbered(7)), undefined)
})

test('the first message whose number does not grow is found', () => {
  for (const [numbers, at] of [
    [[2, 1], 1],
    [[1, 1], 1],
    [[1, 5, 6, 5, 4], 3]
  ] as const) {
    const publications = numbered(...numbers)
    assert.equal(findRegression(publications), publications[at])
  }
})

test('messages without a number do not count', () => {
  const publications = [...numbered(1), published({}), published({ sequence: '0' }), ...numbered(2)]
  assert.equal(findRegression(publications), undefined)
})

test('every sender has numbers of its own in every channel', () => {
  const publications = [
    published({ sequence: 5 }),
    published({ sequence: 1 }, { sender: 'arq_client_other' }),
    published({ sequence: 1 }, { channel: 'design' }),
    published({ sequence: 1 }, { tenant: 'acme' }),
    published({ sequence: 6 })
  ]
  assert.equal(findRegression(publications), undefined)
  const again = published({ sequence: 1 }, { channel: 'design' })
  assert.equal(findRegression([...publications, again]), again)
})

test('there is a regression exactly when some sender repeats or goes back', () => {
  const step = fc.record({ sender: fc.constantFrom('a', 'b'), sequence: fc.integer({ min: 1, max: 6 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), steps => {
      const found = findRegression(steps.map(({ sender, sequence }) => published({ sequence }, { sender })))
      const grows = ['a', 'b'].every(name => {
        const numbers = steps.filter(({ sender }) => sender === name).map(({ sequence }) => sequence)
        return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number))
      })
      assert.equal(found === undefined, grows)
    })
  )
})
