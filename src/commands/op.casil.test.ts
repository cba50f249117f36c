import { Type } from '@sinclair/typebox'
import { NameArg } from '../bus/arguments.ts'
import { command } from '../bus/command.ts'
import type { Gate } from '../bus/gate.ts'
import type { JsonObject } from '../protocol/json.ts'

export default command({
  name: 'op.casil.test',
  summary: 'Say what would happen to a payload in a channel, and why, without sending it.',
  role: 'admin',
  isReadOnly: true,
  isAddressed: true,
  isContentExempt: true,
  args: Type.Object(
    {
      room: NameArg,
      channel: NameArg,
      payload: Type.Unsafe<JsonObject>({ type: 'object', expected: 'an object' })
    },
    {
      additionalProperties: false,
      examples: [{ room: 'science', channel: 'explore', payload: { password: 'hunter2' } }]
    }
  ),
  result: Type.Object(
    {
      room: Type.String(),
      channel: Type.String(),
      decision: Type.String(),
      reason_code: Type.String(),
      policy_code: Type.Union([Type.String(), Type.Null()], {
        description: 'What enforce mode would say, in monitor mode.'
      }),
      classification: Type.Object({ kind: Type.String(), risk_level: Type.String(), flags: Type.Object({}) }),
      fired: Type.Array(Type.String(), { description: 'Names of the rules, patterns and paths that fired.' }),
      payload: Type.Union([Type.Object({}), Type.Null()], {
        description: 'The payload as members would get it; null when it would be blocked.'
      })
    },
    {
      examples: [
        {
          room: 'science',
          channel: 'explore',
          decision: 'ALLOW_WITH_REDACTION',
          reason_code: 'CASIL_POLICY_REDACTED',
          policy_code: null,
          classification: { kind: 'data', risk_level: 'medium', flags: {} },
          fired: ['password'],
          payload: { password: '***REDACTED***' }
        }
      ]
    }
  ),
  run: (gate: Gate, { room, channel, payload }) => {
    const verdict = gate.judge({ room, channel, kind: 'data', payload, text: undefined })
    const isBlock = verdict.decision === 'BLOCK'
    return {
      message: `${verdict.decision} ${verdict.reason}`,
      data: {
        room,
        channel,
        decision: verdict.decision,
        reason_code: verdict.reason,
        policy_code: verdict.policyCode ?? null,
        classification: verdict.classification,
        fired: verdict.fired,
        payload: isBlock ? null : (verdict.transport ?? payload)
      }
    }
  }
})
