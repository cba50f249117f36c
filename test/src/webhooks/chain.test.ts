import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Chain, type Link } from '../../../src/webhooks/chain.ts'

test('a chain is a list from which anything can go', () => {
  const step = fc.oneof(fc.constant('push' as const), fc.nat(20))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const chain = new Chain<number>()
      const model: { value: number; link: Link<number> }[] = []
      for (const [value, what] of steps.entries()) {
        if (what === 'push') model.push({ value, link: chain.push(value) })
        else {
          const [gone] = model.splice(what, 1)
          if (gone) chain.remove(gone.link)
        }
        assert.deepEqual(
          [...chain],
          model.map(entry => entry.value)
        )
        assert.equal(chain.length, model.length)
        assert.equal(chain.first, model[0]?.value)
      }
    })
  )
})

test('what was handed out last may be removed while the chain is gone through', () => {
  const chain = new Chain<string>()
  const links = new Map(['a', 'b', 'c'].map(value => [value, chain.push(value)]))
  const seen: string[] = []
  for (const value of chain) {
    seen.push(value)
    chain.remove(links.get(value) as Link<string>)
  }
  assert.deepEqual([seen, chain.length], [['a', 'b', 'c'], 0])
})
