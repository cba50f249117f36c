import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Msg } from '@nats-io/transport-node'
import { type Answer, Surveys } from '../../../../src/broker/nats/surveys.ts'
import { FakeClock } from '../../../support/clock.ts'

/** Questions to nodes that a test answers for. */
function makeStage(peers: readonly string[]) {
  const clock = new FakeClock()
  const sent: { subject: string; reply: string | undefined }[] = []
  let hear: (message: Msg) => void = () => {}
  let isUp = true
  const surveys = new Surveys({
    node: 'me',
    clock,
    peers: () => peers,
    read: message => message as unknown as Answer,
    link: {
      maxPayloadBytes: 10_000,
      subscribe(_subject, take) {
        hear = take
        return {} as never
      },
      publish(subject, _data, options) {
        if (isUp) sent.push({ subject, reply: options?.reply })
        return isUp
      }
    }
  })
  const outcome: unknown[] = []
  return {
    clock,
    surveys,
    sent,
    outcome,
    cut() {
      isUp = false
    },
    ask: (question: object = {}, options: { patienceMs?: number } = {}) =>
      surveys.start('all', question, {
        ...options,
        take({ said }) {
          outcome.push(said)
          return said === 'enough'
        },
        finish: silentCount => outcome.push({ silentCount })
      }),
    answer: (index: number, answer: Answer) => hear({ subject: sent[index]?.reply, ...answer } as unknown as Msg)
  }
}

test('a question is over when all have answered', () => {
  const { ask, answer, outcome, sent } = makeStage(['a', 'b'])
  ask()
  assert.equal(sent[0]?.subject, 'all')
  answer(0, { node: 'a', said: 1 })
  assert.deepEqual(outcome, [1])
  answer(0, { node: 'b', said: 2 })
  answer(0, { node: 'b', said: 3 })
  assert.deepEqual(outcome, [1, 2, { silentCount: 0 }])
})

test('nodes that do not answer are waited for 250 ms and not longer', () => {
  const { ask, answer, outcome, clock } = makeStage(['a', 'b'])
  ask()
  answer(0, { node: 'a', said: 1 })
  clock.advance(249)
  assert.deepEqual(outcome, [1])
  clock.advance(1)
  assert.deepEqual(outcome, [1, { silentCount: 1 }])
  answer(0, { node: 'b', said: 2 })
  assert.equal(outcome.length, 2)
})

test('nodes are waited for longer where that is asked for', () => {
  const { ask, outcome, clock } = makeStage(['a'])
  ask({}, { patienceMs: 2_000 })
  clock.advance(1_999)
  assert.deepEqual(outcome, [])
  clock.advance(1)
  assert.deepEqual(outcome, [{ silentCount: 1 }])
})

test('a question is over at the answer that is enough, when nobody is there, and when it cannot be sent', () => {
  const one = makeStage(['a', 'b'])
  one.ask()
  one.answer(0, { node: 'a', said: 'enough' })
  assert.deepEqual(one.outcome, ['enough', { silentCount: 1 }])
  const alone = makeStage([])
  alone.ask()
  assert.deepEqual([alone.outcome, alone.sent], [[{ silentCount: 0 }], []])
  const cut = makeStage(['a'])
  cut.cut()
  cut.ask()
  assert.deepEqual(cut.outcome, [{ silentCount: 1 }])
  const large = makeStage(['a'])
  large.ask({ text: 'x'.repeat(10_000) })
  assert.deepEqual([large.outcome, large.sent], [[{ silentCount: 1 }], []])
})

test('a node that says goodbye is waited for no longer', () => {
  const { ask, surveys, outcome } = makeStage(['a'])
  ask()
  surveys.forget('a')
  assert.deepEqual(outcome, [undefined, { silentCount: 0 }])
})

test('at most 10,000 questions are under way, and closing ends them all', () => {
  const { ask, surveys, outcome, sent, clock } = makeStage(['a'])
  for (let turn = 0; turn < 10_000; turn++) ask()
  assert.deepEqual([sent.length, outcome.length], [10_000, 0])
  ask()
  assert.deepEqual([sent.length, outcome.length], [10_000, 1])
  surveys.close()
  assert.equal(outcome.length, 10_001)
  clock.advance(1_000)
  assert.equal(outcome.length, 10_001)
})
