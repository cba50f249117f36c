import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, Scope } from '../../../src/store/store.ts'
import { Watchers } from '../../../src/store/watchers.ts'

const lab: Scope = { tenant: 'acme', namespace: 'lab' }

function change(key: string): Change {
  return { key, operation: 'set', version: 1, text: '1' }
}

test('those who watch the place and a prefix of the key are told', () => {
  const watchers = new Watchers()
  const told: string[] = []
  watchers.add(lab, '', ({ key }) => told.push(`all ${key}`))
  watchers.add(lab, 'a', ({ key }) => told.push(`a ${key}`))
  watchers.add({ ...lab, tenant: 'umbrella' }, '', ({ key }) => told.push(`umbrella ${key}`))
  watchers.add({ ...lab, namespace: 'box' }, '', ({ key }) => told.push(`box ${key}`))
  watchers.note(lab, change('ab'))
  watchers.note(lab, change('b'))
  assert.deepEqual(told, [])
  watchers.tell()
  assert.deepEqual(told, ['all ab', 'a ab', 'all b'])
})

test('a change that a listener makes is told when all know of the one before', () => {
  const watchers = new Watchers()
  const told: string[] = []
  watchers.add(lab, '', ({ key }) => {
    told.push(`one ${key}`)
    if (key === 'a') watchers.note(lab, change('b'))
    watchers.tell()
  })
  watchers.add(lab, '', ({ key }) => told.push(`two ${key}`))
  watchers.note(lab, change('a'))
  watchers.tell()
  assert.deepEqual(told, ['one a', 'two a', 'one b', 'two b'])
})

test('a place is watched until the last one stops, and stopping twice is no fault', () => {
  const watchers = new Watchers()
  const [one, two] = [watchers.add(lab, '', () => {}), watchers.add(lab, '', () => {})]
  one()
  one()
  assert.ok(watchers.has(lab))
  two()
  assert.ok(!watchers.has(lab))
  const three = watchers.add(lab, '', () => {})
  two()
  assert.ok(watchers.has(lab))
  three()
})
