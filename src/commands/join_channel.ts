import { Type } from '@sinclair/typebox'
import { channelArgs } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command, connectionOf } from '../bus/command.ts'
import { isoOf } from '../clock.ts'
import { BusError } from '../errors.ts'

export default command({
  name: 'join_channel',
  summary: 'Become a member of a channel; with `since` and `epoch`, get what was missed before anything live.',
  role: 'user',
  isAddressed: true,
  isSocketOnly: true,
  args: Type.Object(
    {
      ...channelArgs,
      since: Type.Optional(
        Type.Integer({ minimum: 0, expected: 'an integer of at least 0', description: 'The last sequence seen' })
      ),
      epoch: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          expected: 'a text of 1 to 128 characters',
          description: 'The epoch it was seen in'
        })
      ),
      presence: Type.Optional(
        Type.Boolean({ expected: 'true or false', description: 'Whether to be told who joins and leaves' })
      )
    },
    { additionalProperties: false }
  ),
  result: Type.Object({
    success: Type.Literal(true),
    room: Type.String(),
    channel: Type.String(),
    channel_id: Type.String({ description: '"room:channel"' }),
    participant_count: Type.Integer(),
    joined_at: Type.String(),
    created: Type.Boolean(),
    sequence: Type.Integer({ description: 'The end of the channel at the moment of joining' }),
    epoch: Type.String(),
    recovered: Type.Optional(Type.Boolean({ description: 'Whether all that was missed follows; only when asked for' }))
  }),
  run: async (bus: Bus, { room, channel, since, epoch, presence }, caller) => {
    const connection = connectionOf(caller)
    if ((since === undefined) !== (epoch === undefined)) {
      throw new BusError('VALIDATION_ERROR', {
        faults: [`${since === undefined ? 'since' : 'epoch'}: is required with the other`]
      })
    }
    const joined = await bus.channels.join(connection, room, channel, {
      since: since === undefined || epoch === undefined ? undefined : { sequence: since, epoch },
      isWatching: presence
    })
    return {
      message: `Joined ${room}:${channel}`,
      data: {
        success: true,
        room,
        channel,
        channel_id: `${room}:${channel}`,
        participant_count: joined.memberCount,
        joined_at: isoOf(bus.channels.joinedAtMs(connection, joined.record)),
        created: joined.isCreated,
        sequence: joined.position.sequence,
        epoch: joined.position.epoch,
        recovered: joined.isRecovered
      },
      after: joined.goLive
    }
  }
})
