import type { Command } from 'commander'
import type { CommandData } from '../client/commands.ts'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { countOf, formatAge } from './print/age.ts'
import { Output } from './print/output.ts'
import type { Column } from './print/table.ts'
import { withBus } from './session.ts'
import type { Terminal } from './terminal.ts'

type Channel = CommandData<'list_channels'>['channels'][number]

/** `arqon channels` [protocol.md, Command line]. */
export function declareChannels(program: Command, terminal: Terminal): void {
  const command = program
    .command('channels')
    .description('list the channels of a room, or of all rooms')
    .argument('[room]', 'only of this room')
  takeBusOptions(command).action(async (room: string | undefined, options: AccessOptions) => {
    const output = new Output(terminal, options)
    const columns = columnsOf(terminal.now())
    const access = readBusAccess(options, terminal, command)
    await withBus(terminal, access, { name: 'channels' }, async bus => {
      let cursor: string | undefined
      do {
        const { data } = await bus.command('list_channels', { room, cursor })
        output.printRows(columns, data.channels)
        cursor = data.next_cursor ?? undefined
        if (cursor === undefined) output.remark(countOf(data.total_channels, 'channel'))
      } while (cursor !== undefined)
    })
  })
}

function columnsOf(nowMs: number): Column<Channel>[] {
  return [
    { head: 'channel', value: channel => channel.channel_id, paint: style => style.cyan },
    { head: 'members', value: channel => channel.member_count, isRight: true },
    { head: 'type', value: channel => channel.type },
    { head: 'last activity', value: channel => formatAge(channel.last_activity, nowMs), paint: style => style.dim },
    { head: 'description', value: channel => channel.description }
  ]
}
