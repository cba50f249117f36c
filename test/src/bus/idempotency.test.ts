import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IdempotencyLimits, IdempotentAnswers } from '../../../src/bus/idempotency.ts'
import { FakeClock } from '../../support/clock.ts'

const done = { status: 201, body: '{"id":1}' }

function setAnswers(limits: Partial<IdempotencyLimits> = {}) {
  const clock = new FakeClock()
  const answers = new IdempotentAnswers(clock, {
    idempotencyWindowMs: 1000,
    maxIdempotencyKeys: 10,
    maxIdempotencyBytes: 1000,
    ...limits
  })
  return { clock, answers }
}

const conflict = (pattern: RegExp) => (error: { code?: string; message: string }) =>
  error.code === 'CONFLICT' && pattern.test(error.message)

test('the same request gets the same answer, and is carried out once', () => {
  const { answers } = setAnswers()
  assert.equal(answers.begin('north', 'k', 'publish a'), undefined)
  answers.settle('north', 'k', done)
  assert.deepEqual(answers.begin('north', 'k', 'publish a'), done)
  assert.equal(answers.begin('south', 'k', 'publish a'), undefined)
})

test('a key of another request, or of one that is under way, is a conflict', () => {
  const { answers } = setAnswers()
  answers.begin('north', 'k', 'publish a')
  assert.throws(() => answers.begin('north', 'k', 'publish a'), conflict(/not answered yet/))
  assert.throws(() => answers.begin('north', 'k', 'publish b'), conflict(/another request/))
  answers.settle('north', 'k', done)
  assert.throws(() => answers.begin('north', 'k', 'publish b'), conflict(/another request/))
})

test('a request that ended without a final answer can be made again', () => {
  const { answers } = setAnswers()
  answers.begin('north', 'k', 'publish a')
  answers.settle('north', 'k', undefined)
  assert.equal(answers.begin('north', 'k', 'publish b'), undefined)
})

test('a key is forgotten when its time is over', () => {
  const { answers, clock } = setAnswers()
  answers.begin('north', 'k', 'publish a')
  answers.settle('north', 'k', done)
  clock.advance(999)
  assert.deepEqual(answers.begin('north', 'k', 'publish a'), done)
  clock.advance(1)
  assert.equal(answers.begin('north', 'k', 'publish b'), undefined)
  clock.advance(1000)
  answers.sweep()
  assert.equal(answers.size, 0)
})

test('the oldest key is forgotten when a tenant has as many as it may, and no other tenant loses any', () => {
  const { answers } = setAnswers({ maxIdempotencyKeys: 2 })
  for (const [tenant, key] of [
    ['south', 'k'],
    ['north', 'a'],
    ['north', 'b'],
    ['north', 'c']
  ] as const) {
    answers.begin(tenant, key, key)
    answers.settle(tenant, key, done)
  }
  assert.equal(answers.size, 3)
  assert.deepEqual([answers.begin('north', 'b', 'b'), answers.begin('north', 'c', 'c')], [done, done])
  assert.deepEqual(answers.begin('south', 'k', 'k'), done)
  assert.equal(answers.begin('north', 'a', 'a'), undefined)
})

test('the oldest answers are forgotten when all of a tenant are longer than they may be, and not before', () => {
  const { answers } = setAnswers({ maxIdempotencyBytes: 10 })
  const settle = (tenant: string, key: string, bytes: number) => {
    assert.equal(answers.begin(tenant, key, key), undefined)
    answers.settle(tenant, key, { status: 201, body: 'ü'.repeat(bytes / 2) })
  }
  settle('north', 'a', 4)
  settle('north', 'b', 6)
  settle('south', 'a', 10)
  assert.equal(answers.size, 3)
  settle('north', 'c', 2)
  assert.equal(answers.size, 3)
  assert.equal(answers.begin('north', 'a', 'a'), undefined)
  assert.equal(answers.begin('north', 'b', 'b')?.body.length, 3)
  settle('north', 'long', 12)
  assert.equal(answers.size, 4)
  assert.equal(answers.begin('north', 'long', 'long'), undefined)
})
