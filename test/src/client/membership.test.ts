import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BusMessage, JoinData } from '../../../src/client/index.ts'
import { Membership } from '../../../src/client/membership.ts'
import { placeOf } from '../../../src/client/place.ts'
import { messageText } from './peer.ts'

function message(sequence: number, epoch = 'e1'): BusMessage {
  return { ...JSON.parse(messageText(sequence)), epoch }
}

function answer(sequence: number, more: Partial<JoinData> = {}): JoinData {
  return { sequence, epoch: 'e1', ...more } as JoinData
}

function joined(sequence = 0) {
  const heard: (number | undefined)[] = []
  const membership = new Membership(placeOf('science:general'), one => heard.push(one.sequence))
  membership.settle(answer(sequence), undefined)
  return { membership, heard }
}

test('hands over each message once, and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }), sequences => {
      const { membership, heard } = joined()
      for (const sequence of sequences) membership.receive(message(sequence), false)
      const growing: number[] = []
      for (const sequence of sequences) if (sequence > (growing.at(-1) ?? 0)) growing.push(sequence)
      assert.deepEqual(heard, growing)
    })
  )
})

test('begins anew with another epoch', () => {
  const { membership, heard } = joined(7)
  membership.receive(message(8), false)
  membership.receive(message(1, 'e2'), false)
  membership.receive(message(2, 'e2'), false)
  assert.deepEqual(heard, [8, 1, 2])
  assert.deepEqual(membership.position, { sequence: 2, epoch: 'e2' })
})

test('keeps back what comes during a join, and hands it over sorted and once', () => {
  const { membership, heard } = joined(3)
  membership.hold()
  for (const sequence of [6, 4, 5, 6]) membership.receive(message(sequence), false)
  assert.deepEqual(heard, [])
  membership.settle(answer(6, { recovered: true }), { sequence: 3, epoch: 'e1' })
  membership.release()
  membership.receive(message(7), false)
  assert.deepEqual(heard, [4, 5, 6, 7])
})

test('goes on from the end of the channel when nothing could be recovered', () => {
  const { membership, heard } = joined(3)
  membership.hold()
  membership.settle(answer(90, { recovered: false }), { sequence: 3, epoch: 'e1' })
  membership.release()
  assert.deepEqual(membership.position, { sequence: 90, epoch: 'e1' })
  membership.receive(message(91), false)
  assert.deepEqual(heard, [91])
})

test('keeps its position when it is joined once more without one', () => {
  const { membership, heard } = joined(3)
  membership.hold()
  membership.receive(message(4), false)
  membership.settle(answer(4), undefined)
  membership.release()
  assert.deepEqual(heard, [4])
})

test('what came before the answer counts, where the server had made the client a member already', () => {
  const heard: (number | undefined)[] = []
  const membership = new Membership(placeOf('science:general'), one => heard.push(one.sequence))
  membership.isJoined = true
  membership.hold()
  for (const sequence of [5, 6]) membership.receive(message(sequence), false)
  membership.settle(answer(6), undefined)
  membership.release()
  assert.deepEqual(heard, [5, 6])
})

test('own messages of an earlier connection are passed over, and count', () => {
  const { membership, heard } = joined()
  membership.receive(message(1), true)
  membership.receive(message(2), false)
  assert.deepEqual(heard, [2])
})

test('acknowledged messages move the position as far as nothing lies between', () => {
  const { membership, heard } = joined()
  for (const sequence of [1, 2, 4]) membership.noteOwn({ sequence, epoch: 'e1' })
  assert.equal(membership.position?.sequence, 2)
  membership.noteOwn({ sequence: 1, epoch: 'e2' })
  membership.receive(message(3), false)
  assert.equal(membership.position?.sequence, 4)
  membership.receive(message(5), false)
  assert.deepEqual(heard, [3, 5])
})

test('hands on what is not stored without looking at it', () => {
  const { membership, heard } = joined()
  const { sequence: _, epoch: __, ...notice } = message(1)
  membership.hold()
  membership.receive(notice, false)
  assert.deepEqual(heard, [undefined])
})

test('notices of presence are for those who asked for them', () => {
  const { membership } = joined()
  const notices: string[] = []
  membership.listeners.add('presence', ({ event }) => notices.push(event))
  const notice = { event: 'client_joined', room: 'science', channel: 'general', participant_count: 2 } as const
  membership.notice(notice)
  membership.isWatching = true
  membership.notice(notice)
  assert.deepEqual(notices, ['client_joined'])
})
