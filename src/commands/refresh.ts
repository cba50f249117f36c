import { Type } from '@sinclair/typebox'
import type { Identity } from '../auth/identity.ts'
import type { Bus } from '../bus/bus.ts'
import { command, connectionOf } from '../bus/command.ts'
import { isoOf } from '../clock.ts'
import { BusError } from '../errors.ts'

/** What renewing a token needs. */
export interface Renewal {
  readonly bus: Bus
  /** The identity behind a token; undefined when the server runs without authentication. @throws {BusError} AUTH_INVALID */
  readonly identify: ((token: string) => Promise<Identity>) | undefined
}

export default command({
  name: 'refresh',
  summary: 'Replace the token of the connection by a newer one of the same subject, without reconnecting.',
  role: 'user',
  isSocketOnly: true,
  args: Type.Object(
    { token: Type.String({ minLength: 1, maxLength: 16_384, expected: 'a token' }) },
    { additionalProperties: false }
  ),
  result: Type.Object({
    role: Type.String(),
    expires_at: Type.Union([Type.String(), Type.Null()])
  }),
  run: async ({ bus, identify }: Renewal, { token }, caller) => {
    const { identity } = caller
    if (!identify) throw new BusError('FEATURE_DISABLED', { message: 'The server runs without authentication' })
    const renewed = await identify(token)
    if (renewed.subject !== identity.subject || renewed.tenant !== identity.tenant) {
      throw new BusError('AUTHORIZATION_ERROR', { message: 'The token is of another subject or tenant' })
    }
    const { role, capabilities, expiresAtMs } = renewed
    const connection = connectionOf(caller)
    connection.identity = { ...identity, role, capabilities, expiresAtMs }
    bus.channels.leaveForbidden(connection)
    return {
      message: 'Token accepted',
      data: { role, expires_at: expiresAtMs === undefined ? null : isoOf(expiresAtMs) }
    }
  }
})
