import assert from 'node:assert/strict'
import type { LookupAddress, LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { test } from 'node:test'
import { createAddressGuard } from '../../../src/webhooks/guard.ts'
import { createGuardedLookup } from '../../../src/webhooks/lookup.ts'
import { forbiddenAnswers } from '../../fixtures/forbidden-addresses.ts'
import { NameService } from '../../support/name-service.ts'

const guard = createAddressGuard([])

for (const answer of forbiddenAnswers) {
  test(`a name that stands for ${JSON.stringify(answer)} is refused`, async () => {
    const { lookup } = new NameService({ 'hook.test': () => answer })
    await assert.rejects(resolve(createGuardedLookup(guard, lookup), 'hook.test'), /^Error: the host cannot be used$/)
  })
}

test('a name that does not exist is refused with the same words', async () => {
  const { lookup } = new NameService({})
  await assert.rejects(resolve(createGuardedLookup(guard, lookup), 'hook.test'), /^Error: the host cannot be used$/)
})

test('a name service that throws refuses the name', async () => {
  const broken: LookupFunction = () => {
    throw new Error('broken')
  }
  await assert.rejects(resolve(createGuardedLookup(guard, broken), 'hook.test'), /^Error: the host cannot be used$/)
})

test('all addresses are given in their order when all are asked for', async () => {
  const { lookup } = new NameService({ 'hook.test': () => ['2606:4700:4700::1111', '8.8.8.8'] })
  assert.deepEqual(await resolve(createGuardedLookup(guard, lookup), 'hook.test'), [
    { address: '2606:4700:4700::1111', family: 6 },
    { address: '8.8.8.8', family: 4 }
  ])
})

test('the first address is given when one is asked for', async () => {
  const { lookup } = new NameService({ 'hook.test': () => ['8.8.8.8', '1.1.1.1'] })
  assert.equal(await resolve(createGuardedLookup(guard, lookup), 'hook.test', {}), '8.8.8.8')
})

test('one that is refused among the addresses refuses the name when one is asked for', async () => {
  const { lookup } = new NameService({ 'hook.test': () => ['8.8.8.8', '127.0.0.1'] })
  await assert.rejects(resolve(createGuardedLookup(guard, lookup), 'hook.test', {}))
})

test('a name service that gives a single address is understood', async () => {
  const single: LookupFunction = (_name, _options, callback) => callback(null, '8.8.8.8', 4)
  assert.deepEqual(await resolve(createGuardedLookup(guard, single), 'hook.test'), [{ address: '8.8.8.8', family: 4 }])
})

test('who asks for a name that is being asked for shares the answer, and later the name is asked for again', async () => {
  const names = new NameService({ 'a.test': () => ['8.8.8.8'], 'b.test': () => ['1.1.1.1'] })
  const lookup = createGuardedLookup(guard, names.lookup)
  await Promise.all([resolve(lookup, 'a.test'), resolve(lookup, 'b.test'), resolve(lookup, 'a.test')])
  assert.deepEqual(names.asked, ['a.test', 'b.test'])
  await resolve(lookup, 'a.test')
  assert.deepEqual(names.asked, ['a.test', 'b.test', 'a.test'])
})

test('4,096 wait for a name service that does not answer, the next one is refused, and an answer makes room', async () => {
  const answers: (() => void)[] = []
  const silent: LookupFunction = (_name, _options, callback) => answers.push(() => callback(null, '8.8.8.8', 4))
  const lookup = createGuardedLookup(guard, silent)
  const waiting = Array.from({ length: 4096 }, () => resolve(lookup, 'slow.test'))
  await assert.rejects(resolve(lookup, 'slow.test'), /^Error: the host cannot be used$/)
  await assert.rejects(resolve(lookup, 'other.test'), /^Error: the host cannot be used$/)
  assert.equal(answers.length, 1)
  answers[0]?.()
  await Promise.all(waiting)
  const next = resolve(lookup, 'other.test')
  answers[1]?.()
  await next
})

function resolve(
  lookup: LookupFunction,
  name: string,
  options: LookupOptions = { all: true }
): Promise<string | LookupAddress[]> {
  return new Promise((done, fail) => {
    lookup(name, options, (error, answer) => (error === null ? done(answer) : fail(error)))
  })
}
