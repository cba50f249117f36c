import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOf, isName, keyOf, splitAddress, targetOf } from '../../../src/protocol/address.ts'

const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']
const names = fc
  .tuple(fc.constantFrom(...letters), fc.array(fc.constantFrom(...letters, '.', '_', '-'), { maxLength: 63 }))
  .map(([first, rest]) => first + rest.join(''))
  .filter(name => name !== 'constructor' && name !== 'prototype')

test('1 to 64 letters, digits, dots, underscores and dashes that begin with a letter or digit are a name', () => {
  fc.assert(fc.property(names, name => assert.equal(isName(name), true)))
  for (const name of ['a', '0', 'a'.repeat(64), 'toString', 'constructors']) assert.equal(isName(name), true)
})

test('no other text is a name', () => {
  const others = [
    '',
    'a'.repeat(65),
    '.a',
    '_a',
    '-a',
    'a:b',
    'a/b',
    'a*',
    '*',
    ' a',
    'a ',
    'a\n',
    'é',
    'a\0',
    '__proto__'
  ]
  for (const text of [...others, 'constructor', 'prototype']) assert.equal(isName(text), false, JSON.stringify(text))
})

test('a text with any character that a name must not hold is no name', () => {
  const strange = fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }).filter(text => /[^A-Za-z0-9._-]/.test(text))
  fc.assert(fc.property(names, strange, (name, text) => assert.equal(isName((name + text).slice(-60)), false)))
})

test('two addresses have one key only if they are the same', () => {
  const address = fc.tuple(names, names, fc.oneof(names, fc.constant('')))
  fc.assert(
    fc.property(address, address, (one, other) => {
      assert.equal(keyOf(...one) === keyOf(...other), one.join('|') === other.join('|'))
    })
  )
})

test('an address is split at its first colon', () => {
  for (const [text, room, channel] of [
    ['science:explore', 'science', 'explore'],
    ['science', 'science', undefined],
    ['a:b:c', 'a', 'b:c'],
    ['a:', 'a', ''],
    [':b', '', 'b'],
    ['', '', undefined]
  ] as const) {
    assert.deepEqual(splitAddress(text), { room, channel })
  }
})

test('what is split can be put together again', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const { room, channel } = splitAddress(text)
      assert.equal(channel === undefined ? room : `${room}:${channel}`, text)
      assert.ok(!room.includes(':'))
    })
  )
})

test('capabilities see a room as a whole as "room:*"', () => {
  assert.equal(targetOf('science', ''), 'science:*')
  assert.equal(targetOf('science', 'explore'), 'science:explore')
})

test('the key of an address tells the address again, that of a room as a whole too', () => {
  const channels = fc.oneof(fc.constant(''), names)
  fc.assert(
    fc.property(names, names, channels, (tenant, room, channel) => {
      assert.deepEqual(addressOf(keyOf(tenant, room, channel)), { tenant, room, channel })
    })
  )
})

test('a text that is the key of no address tells none', () => {
  for (const text of [
    '',
    'a',
    'a/b',
    'a:b',
    '/a:b',
    'a/:b',
    'a/b:c:d',
    'a/b/c:d',
    'a/b:c d',
    'a/__proto__:c',
    'a/b:c\n'
  ]) {
    assert.equal(addressOf(text), undefined, text)
  }
})
