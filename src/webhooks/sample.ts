import { isName } from '../protocol/address.ts'
import type { Rule } from './rule.ts'

/** Stands in a sample where the rule takes any room or channel. */
const ANY_NAME = 'webhook-test'

/** The body of a sample, in the form of all bodies: a message of the server's that was never published. */
export function sampleOf({ id, room, channel, types }: Rule, messageId: string, timestamp: string): string {
  return JSON.stringify({
    rule_version: 'v1',
    sender_client_id: 'arqonbus',
    envelope: {
      id: messageId,
      type: types[0],
      version: '1.0',
      timestamp,
      room: nameOf(room),
      channel: nameOf(channel),
      sender: 'arqonbus',
      payload: { webhook_test: true, rule_id: id },
      metadata: {}
    }
  })
}

function nameOf(pattern: string | null): string {
  return pattern !== null && isName(pattern) ? pattern : ANY_NAME
}
