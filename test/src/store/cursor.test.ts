import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cursorOf, keyOfCursor } from '../../../src/store/cursor.ts'

test('a cursor stands for exactly its key', () => {
  const key = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(fc.property(key, text => assert.equal(keyOfCursor(cursorOf(text)), text)))
})

test('any other text is refused, or is the cursor of what it stands for', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        assert.equal(cursorOf(keyOfCursor(text)), text)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'VALIDATION_ERROR')
      }
    })
  )
})
