import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deliveryText } from '../../../src/protocol/replies.ts'
import { reviveMessage } from '../../../src/protocol/revive.ts'
import { makeMessage } from '../../support/messages.ts'
import { anyObject } from './spelling.ts'

test('a message revived from its text says what receivers were told, and names its sender as the publisher', () => {
  fc.assert(
    fc.property(anyObject, anyObject, fc.boolean(), (payload, metadata, isWholeRoom) => {
      const message = makeMessage({
        payload: JSON.stringify(payload),
        metadata: JSON.stringify(metadata),
        ...(isWholeRoom ? { channel: '' } : {})
      })
      const position = { sequence: 3, epoch: 'e' }
      const revived = reviveMessage(deliveryText(message, position), message)
      const echo = (metadata as { echo?: unknown }).echo === true
      assert.deepEqual(revived, { ...message, hasClientId: false, publisher: message.sender, echo })
      assert.equal(deliveryText(revived, position), deliveryText(message, position))
    })
  )
})
