import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob } from '../../../src/structures/glob.ts'
import { Book } from '../../../src/webhooks/book.ts'
import { createRule, type Rule, type RuleRequest } from '../../../src/webhooks/rule.ts'
import { makeMessage } from '../../support/messages.ts'
import { ada, defaultLimits, eve } from './stage.ts'

let made = 0

function ruleFor(place: Pick<RuleRequest, 'room' | 'channel'>, tenant = ada.tenant): Rule {
  const held = { id: `wh_${++made}`, tenant, ownerId: 'ada', createdAt: '', mayRead: () => true }
  const rest = { url: '', headers: {}, timeoutMs: 1, secret: undefined, types: [], lifetime: 'connection' } as const
  return createRule(held, { ...place, ...rest }, defaultLimits)
}

function idsOf(rules: readonly Rule[]): string[] {
  return rules.map(({ id }) => id)
}

const name = fc.constantFrom('a', 'b', 'ab', 'ba')
const pattern = fc.constantFrom(null, 'a', 'b', 'a*', '*b', '?', '*')
const change = fc.record({
  room: pattern,
  channel: pattern,
  tenant: fc.constantFrom(ada.tenant, eve.tenant),
  isKept: fc.boolean()
})

test('an address fits the rules of its tenant whose room and channel it fits, in the order in which they were made', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 8 }),
      fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 4 }),
      (changes, places) => {
        const book = new Book(defaultLimits)
        const kept: Rule[] = []
        for (const { tenant, isKept, ...place } of changes) {
          const rule = ruleFor(place, tenant)
          book.add(rule)
          if (isKept) kept.push(rule)
          // Whatever is remembered of the addresses now must not count later.
          for (const [room, channel] of places) book.match(makeMessage({ room, channel }))
          if (!isKept) book.delete(rule)
        }
        for (const [room, channel] of places) {
          const fitting = kept.filter(
            rule =>
              rule.tenant === ada.tenant &&
              compileGlob(rule.room ?? '*')(room) &&
              compileGlob(rule.channel ?? '*')(channel)
          )
          assert.deepEqual(idsOf(book.match(makeMessage({ room, channel }))), idsOf(fitting))
        }
        assert.equal(book.size, kept.length)
      }
    )
  )
})

test('more addresses than are remembered are still told apart', () => {
  const book = new Book(defaultLimits)
  const rule = ruleFor({ room: 'science', channel: '*7' })
  book.add(rule)
  for (let n = 0; n < 10_000; n++) {
    assert.deepEqual(book.match(makeMessage({ channel: `c${n}` })).length, n % 10 === 7 ? 1 : 0)
  }
})
