import { sizeOf } from '../../src/broker/retention.ts'
import { isoOf } from '../../src/clock.ts'
import { keyOf } from '../../src/protocol/address.ts'
import { frameOf } from '../../src/protocol/frame.ts'
import type { Position, Stamped } from '../../src/protocol/message.ts'
import type { Publication } from '../../src/protocol/publication.ts'
import { deliveryText } from '../../src/protocol/replies.ts'

/** What a test wants to say about a message; the rest is filled in. */
export type MessageParts = Partial<Omit<Stamped, 'key' | 'timestamp'>>

let made = 0

/**
 * A stamped message as the pipeline would make it. Without `id` it gets one of its own that counts as the server's; an `id`
 * given counts as the client's unless `hasClientId` says otherwise. `key` and `timestamp` follow from the other parts.
 */
export function makeMessage(parts: MessageParts = {}): Stamped {
  const message = {
    id: `arq_test-${String(++made).padStart(6, '0')}`,
    hasClientId: parts.id !== undefined,
    type: 'message',
    tenant: 'default',
    room: 'science',
    channel: 'explore',
    to: [],
    sender: 'arq_client_test',
    publisher: 'arq_client_test',
    timestampMs: Date.UTC(2026, 0, 1),
    payload: '{}',
    metadata: '{}',
    echo: false,
    isPresence: false,
    ...parts
  } as const
  const key = keyOf(message.tenant, message.room, message.channel)
  return { ...message, key, timestamp: isoOf(message.timestampMs) } as Stamped
}

/** A stored message at a position. */
export function makePublication(message: Stamped, position: Position): Publication {
  return { ...position, timestampMs: message.timestampMs, message, frame: frameOf(deliveryText(message, position)) }
}

/** What the memory broker counts a message as, whose epochs have twelve characters. */
export function sizeInHistory(message: Stamped, sequence = 1): number {
  return sizeOf(makePublication(message, { sequence, epoch: '0'.repeat(12) }).frame)
}
