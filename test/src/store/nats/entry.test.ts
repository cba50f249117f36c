import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers } from '@nats-io/transport-node'
import { entryOf, headersOf, textOf } from '../../../../src/store/nats/entry.ts'

const none = new Uint8Array()

test('what is written is read with its version and its end', () => {
  const data = Buffer.from('xx"é"').subarray(2)
  const entry = entryOf(5, headersOf({ version: 7, operation: 'set', expiresAtMs: 9, text: '"é"' }), data)
  assert.deepEqual(
    { ...entry, data: textOf(entry) },
    {
      revision: 5,
      version: 7,
      operation: 'set',
      expiresAtMs: 9,
      data: '"é"'
    }
  )
})

test('what has no end is read without one', () => {
  const parts = { version: 7, operation: 'set', expiresAtMs: Number.POSITIVE_INFINITY, text: '' } as const
  assert.equal(entryOf(5, headersOf(parts), none).expiresAtMs, Number.POSITIVE_INFINITY)
})

for (const operation of ['delete', 'expire'] as const) {
  test(`a key that is gone by ${operation} is gone for the tools of NATS too`, () => {
    const about = headersOf({ version: 7, operation, expiresAtMs: Number.POSITIVE_INFINITY, text: '' })
    assert.equal(about.get('KV-Operation'), 'DEL')
    assert.equal(entryOf(5, about, none).operation, operation)
  })
}

for (const text of ['', '1', '1 set', 'x set 1', '1 set x', '0 set 1', '1.5 set 1', '1 put 1', '1 set 1 1']) {
  test(`what says "${text}" of itself counts as not there`, () => {
    const about = headers()
    if (text !== '') about.set('Aq', text)
    const { revision, version, operation } = entryOf(5, about, Buffer.from('1'))
    assert.deepEqual({ revision, version, operation }, { revision: 5, version: 0, operation: 'delete' })
  })
}

test('what says nothing of itself counts as not there', () => {
  assert.equal(entryOf(5, undefined, Buffer.from('1')).operation, 'delete')
})
