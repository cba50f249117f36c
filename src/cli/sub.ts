import type { Command } from 'commander'
import type { BusClient, BusMessage } from '../client/index.ts'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { type Filter, parseFilter } from './filter.ts'
import { noteStates } from './following.ts'
import { parseAddress, parseCount } from './options.ts'
import { describeMessage } from './print/message.ts'
import { Output } from './print/output.ts'
import { toVisible } from './print/text.ts'
import { withBus } from './session.ts'
import type { Terminal } from './terminal.ts'

interface SubOptions extends AccessOptions {
  readonly since?: number
  readonly epoch?: string
  readonly filter?: readonly Filter[]
  readonly limit: number
}

/** How many messages may wait to be printed. */
const MAX_BUFFERED = 100_000

/** `arqon sub` [protocol.md, Command line]. */
export function declareSub(program: Command, terminal: Terminal): void {
  const command = program
    .command('sub')
    .description('follow channels; after a loss of the connection go on where it was')
    .argument('<address...>', 'room:channel, or one room for what goes to all of it', collectAddress)
    .option('--since <sequence>', 'begin after this position; needs --epoch', parseCount)
    .option('--epoch <epoch>', 'the epoch of that position')
    .option(
      '--filter <path=pattern>',
      'print only what fits: payload.kind=alarm*, type!=event; may be repeated',
      parseFilter
    )
    .option('--limit <count>', 'end after so many messages; 0 = never', parseCount, 0)
    .addHelpText(
      'after',
      `
Examples:
  arqon sub science:explore science:design
  arqon sub science:explore --filter 'payload.kind=alarm*' --limit 1
  arqon sub science:explore --since 12 --epoch 4cd67b1c09aa`
    )
  takeBusOptions(command).action(async (addresses: readonly string[], options: SubOptions) => {
    checkOptions(addresses, options, command)
    const access = readBusAccess(options, terminal, command)
    const room = addresses.find(address => !address.includes(':'))
    const channels = addresses.filter(address => address.includes(':'))
    const output = new Output(terminal, options)
    await withBus(terminal, access, { name: 'sub', isLasting: true, room }, async bus => {
      const stream = bus.messages({ maxBuffered: MAX_BUFFERED })
      noteStates(bus, output)
      bus.on('error', ({ message }) => output.note(output.errorStyle.yellow(toVisible(message))))
      if (room !== undefined) noteLostRoom(bus, room, output)
      bus.on('recovered', ({ channel, recovered, since, end }) => {
        noteRecovery(output, channel, recovered, since?.sequence, end.sequence)
      })
      for (const address of channels) {
        const { epoch, recovered, sequence } = await bus.join(address, { since: options.since, epoch: options.epoch })
        if (recovered === undefined) output.note(`following ${address} after sequence ${sequence}, epoch ${epoch}`)
        else noteRecovery(output, address, recovered, options.since, sequence)
      }
      await printMessages(stream, options, output, terminal.columns)
    })
  })
}

async function printMessages(
  stream: AsyncIterable<BusMessage>,
  { filter = [], limit }: SubOptions,
  output: Output,
  columns: number | undefined
): Promise<void> {
  let count = 0
  for await (const message of stream) {
    if (message.payload.welcome !== undefined && message.sender === 'arqonbus') continue
    if (!filter.every(isWanted => isWanted(message))) continue
    output.print(message, () => describeMessage(message, output.style, columns))
    if (++count === limit) return
  }
}

function noteRecovery(
  output: Output,
  channel: string,
  isRecovered: boolean,
  since: number | undefined,
  end: number
): void {
  const { green, yellow } = output.errorStyle
  const start = since === undefined ? '' : ` after sequence ${since}`
  output.note(
    isRecovered
      ? `${channel}: ${green('recovered')}, nothing${start} is missing`
      : `${channel}: ${yellow('not recovered')}, messages${start} may be missing; going on after sequence ${end}`
  )
}

/** A room as a whole has no recovery. */
function noteLostRoom(bus: BusClient, room: string, output: Output): void {
  bus.on('state', ({ state, previous }) => {
    if (state === 'open' && previous === 'recovering')
      output.note(
        `${room}: ${output.errorStyle.yellow('not recovered')}, a room as a whole cannot be; messages may be missing`
      )
  })
}

function checkOptions(addresses: readonly string[], { epoch, since }: SubOptions, command: Command): void {
  if ((since === undefined) !== (epoch === undefined)) command.error('error: --since and --epoch belong together')
  if (since !== undefined && (addresses.length > 1 || !addresses[0]?.includes(':')))
    command.error('error: --since is for one channel')
  if (addresses.filter(address => !address.includes(':')).length > 1)
    command.error('error: only one room as a whole can be followed')
}

function collectAddress(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), parseAddress(text)]
}
