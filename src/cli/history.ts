import type { Command } from 'commander'
import type { HistoryEntry } from '../client/index.ts'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { formatJson } from './json.ts'
import { parseAddress, parsePositive } from './options.ts'
import { countOf, formatAge } from './print/age.ts'
import { shortenId } from './print/message.ts'
import { Output } from './print/output.ts'
import type { Column } from './print/table.ts'
import { withBus } from './session.ts'
import type { Terminal } from './terminal.ts'

interface HistoryOptions extends AccessOptions {
  readonly limit: number
  readonly after?: string
}

const DEFAULT_LIMIT = 50

/** `arqon history` [protocol.md, Command line]. */
export function declareHistory(program: Command, terminal: Terminal): void {
  const command = program
    .command('history')
    .description('print the latest messages of a channel or a room, oldest first')
    .argument('<address>', 'room:channel, or a room with all of its channels', parseAddress)
    .option('--limit <count>', 'how many at most, up to 500', parsePositive, DEFAULT_LIMIT)
    .option('--after <position>', 'only what came after this sequence, or this moment in ISO 8601')
  takeBusOptions(command).action(async (address: string, options: HistoryOptions) => {
    const { after, limit } = options
    const output = new Output(terminal, options)
    const access = readBusAccess(options, terminal, command)
    const page = await withBus(terminal, access, { name: 'history' }, bus =>
      bus.history(address, { limit, since: after })
    )
    output.printRows(columnsOf(terminal.now(), page.channel === null), page.history)
    output.remark(`${page.count} of ${countOf(page.total_messages, 'message')}`)
  })
}

function columnsOf(nowMs: number, isRoom: boolean): Column<HistoryEntry>[] {
  const channel: Column<HistoryEntry> = { head: 'channel', value: entry => entry.channel ?? '-' }
  return [
    { head: 'seq', value: ({ sequence }) => sequence ?? '-', isRight: true },
    { head: 'when', value: ({ timestamp }) => formatAge(timestamp, nowMs), paint: style => style.dim },
    ...(isRoom ? [channel] : []),
    { head: 'sender', value: ({ sender }) => shortenId(sender), paint: style => style.dim },
    { head: 'type', value: ({ type }) => type },
    { head: 'payload', value: ({ payload }) => formatJson(payload) }
  ]
}
