import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ALL,
  MAX_PATTERN_LENGTH,
  MAX_PATTERNS,
  parseCapabilities,
  readRights,
  rightsOf
} from '../../../src/auth/capabilities.ts'

function parse(claim: unknown): { capabilities: ReturnType<typeof parseCapabilities>; faults: string[] } {
  const faults: string[] = []
  return { capabilities: parseCapabilities(claim, faults), faults }
}

test('an absent claim allows everything', () => {
  const { capabilities, faults } = parse(undefined)
  assert.equal(capabilities, ALL)
  assert.deepEqual(faults, [])
  assert.equal(capabilities.mayPublish('science:explore'), true)
  assert.equal(capabilities.maySubscribe('science:*'), true)
  assert.equal(capabilities.publish, undefined)
  assert.equal(capabilities.subscribe, undefined)
})

test('a present claim allows what its patterns fit and nothing else', () => {
  const { capabilities, faults } = parse({ publish: ['room:*', 'lab-?:in'], subscribe: ['science:explore'] })
  assert.deepEqual(faults, [])
  assert.equal(capabilities.mayPublish('room:any'), true)
  assert.equal(capabilities.mayPublish('lab-1:in'), true)
  assert.equal(capabilities.mayPublish('lab-1:out'), false)
  assert.equal(capabilities.mayPublish('science:explore'), false)
  assert.equal(capabilities.maySubscribe('science:explore'), true)
  assert.equal(capabilities.maySubscribe('science:Explore'), false)
  assert.equal(capabilities.maySubscribe('room:any'), false)
  assert.deepEqual(capabilities.publish, ['room:*', 'lab-?:in'])
  assert.deepEqual(capabilities.subscribe, ['science:explore'])
})

test('an absent list in a present claim allows nothing of its kind', () => {
  const { capabilities, faults } = parse({ subscribe: ['*'] })
  assert.deepEqual(faults, [])
  assert.equal(capabilities.mayPublish('room:any'), false)
  assert.equal(capabilities.maySubscribe('room:any'), true)
  assert.deepEqual(capabilities.publish, [])
})

test('an empty claim allows nothing', () => {
  const { capabilities } = parse({})
  assert.equal(capabilities.mayPublish('room:any'), false)
  assert.equal(capabilities.maySubscribe('room:any'), false)
})

test('a list that only the prototype brings in allows nothing', () => {
  const { capabilities } = parse(JSON.parse('{"__proto__": {"publish": ["*"]}}'))
  assert.equal(capabilities.mayPublish('room:any'), false)
  assert.equal(parse(Object.create({ publish: ['*'] })).capabilities.mayPublish('room:any'), false)
})

const rooms: readonly [pattern: string, coversRoom: boolean][] = [
  ['*', true],
  ['*:*', true],
  ['room:*', true],
  ['ro*', true],
  ['room:?*', true],
  ['room?*', true],
  ['room:?', false],
  ['room:??*', false],
  ['room:a*', false],
  ['room:*a', false],
  ['room:explore', false],
  ['*:?', false],
  [`room:${'?'.repeat(MAX_PATTERN_LENGTH - 5)}`, false],
  ['other:*', false]
]

for (const [pattern, coversRoom] of rooms) {
  test(`the pattern ${pattern.slice(0, 12)} ${coversRoom ? 'covers' : 'does not cover'} a whole room`, () => {
    const { capabilities } = parse({ publish: [pattern], subscribe: [] })
    assert.equal(capabilities.mayPublish('room:*'), coversRoom)
  })
}

test('every room is covered only by a pattern for every room', () => {
  const covers = (pattern: string): boolean => parse({ publish: [pattern] }).capabilities.mayPublish('*:*')
  assert.deepEqual(['*', '*:*'].map(covers), [true, true])
  assert.deepEqual(['room:*', '?:*', '*:?'].map(covers), [false, false, false])
})

const misshapen: readonly [title: string, claim: unknown][] = [
  ['null', null],
  ['text', 'room:*'],
  ['a list', ['room:*']],
  ['a list that is text', { publish: 'room:*' }],
  ['a list that is null', { subscribe: null }],
  ['a pattern that is a number', { publish: ['a:b', 1] }],
  ['an empty pattern', { publish: [''] }],
  ['a pattern with a control character', { publish: ['room:\0'] }],
  ['a pattern that is too long', { publish: ['a'.repeat(MAX_PATTERN_LENGTH + 1)] }],
  ['too many patterns', { subscribe: Array.from({ length: MAX_PATTERNS + 1 }, () => 'a:b') }]
]

for (const [title, claim] of misshapen) {
  test(`a claim with ${title} is a fault and allows nothing of the kind`, () => {
    const { capabilities, faults } = parse(claim)
    assert.equal(faults.length, 1)
    assert.match(faults[0]!, /^channels/)
    assert.equal(capabilities.mayPublish('a:b') || capabilities.maySubscribe('a:b'), false)
  })
}

test('patterns up to the bounds of number and length are accepted', () => {
  const pattern = 'a'.repeat(MAX_PATTERN_LENGTH)
  const { capabilities, faults } = parse({ publish: Array.from({ length: MAX_PATTERNS }, () => pattern) })
  assert.deepEqual(faults, [])
  assert.equal(capabilities.mayPublish(pattern), true)
})

test('every misshapen list is named', () => {
  const { faults } = parse({ publish: 1, subscribe: 2 })
  assert.deepEqual(
    faults.map(fault => fault.split(' ')[0]),
    ['channels.publish', 'channels.subscribe']
  )
})

test('what may be subscribed to is the same after it was written down', () => {
  const { capabilities } = parse({ subscribe: ['science:*'] })
  for (const { subscribe, maySubscribe } of [capabilities, ALL]) {
    const read = readRights(JSON.parse(JSON.stringify(rightsOf({ ...ALL, subscribe }))))
    for (const target of ['science:a', 'art:a', 'science:*', 'art:*'])
      assert.equal(read?.maySubscribe(target), maySubscribe(target), target)
  }
})

for (const rights of [undefined, 7, {}, 'science:*', [7], ['']]) {
  test(`${JSON.stringify(rights)} is not what may be subscribed to`, () => {
    assert.equal(readRights(rights), undefined)
  })
}
