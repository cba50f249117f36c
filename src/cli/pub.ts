import { type Command, Option } from 'commander'
import type { BusClient, BusClientError, Published, PublishOptions } from '../client/index.ts'
import type { JsonObject } from '../protocol/json.ts'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { parseAddress, parseObject } from './options.ts'
import { Output } from './print/output.ts'
import { failureOfBus } from './refusals.ts'
import { withBus } from './session.ts'
import { Failure, type Terminal, type TerminalInput } from './terminal.ts'

interface PubOptions extends AccessOptions {
  readonly text?: string
  readonly type: 'message' | 'event'
  readonly id?: string
  readonly metadata?: JsonObject
  readonly ack: boolean
}

/** How many lines are sent before their acknowledgements are waited for. */
const MAX_WAITING = 64

/** `arqon pub` [protocol.md, Command line]. */
export function declarePub(program: Command, terminal: Terminal): void {
  const command = program
    .command('pub')
    .description('publish a message, or one for each line of standard input')
    .argument('<address>', 'room:channel, or a room for all of its channels', parseAddress)
    .argument('[payload]', 'JSON object; without it, or as -, JSON lines from standard input')
    .option('--text <text>', 'publish {"text": …} instead of a payload')
    .addOption(new Option('--type <type>', 'type of the message').choices(['message', 'event']).default('message'))
    .option('--id <id>', 'id of the message: arq_…; a repeat with the same id is delivered once')
    .option('--metadata <json>', 'metadata of the message', parseObject)
    .option('--no-ack', 'do not wait for acknowledgements')
    .addHelpText(
      'after',
      `
Examples:
  arqon pub science:explore '{"text":"Hello"}'
  arqon pub science --text 'To everybody in the room'
  tail -f events.jsonl | arqon pub science:explore`
    )
  takeBusOptions(command).action(async (address: string, payload: string | undefined, options: PubOptions) => {
    const output = new Output(terminal, options)
    const single = readPayload(payload, options, terminal, command)
    const how = { type: options.type, ack: options.ack, metadata: options.metadata }
    const access = readBusAccess(options, terminal, command)
    await withBus(terminal, access, { name: 'pub' }, async bus => {
      const refusals: BusClientError[] = []
      bus.on('error', error => refusals.push(error))
      if ('input' in single) await publishLines(bus, access.url, address, single.input, how, output)
      else printPublished(output, address, await bus.publish(address, single.payload, { ...how, id: options.id }))
      // What was not to be acknowledged is refused, if at all, before this is answered.
      if (!options.ack) await bus.ping()
      if (refusals[0]) throw refusals[0]
    })
  })
}

function readPayload(
  text: string | undefined,
  options: PubOptions,
  { input }: Terminal,
  command: Command
): { readonly payload: JsonObject } | { readonly input: TerminalInput } {
  if (options.text !== undefined) {
    if (text !== undefined) command.error('error: a payload and --text cannot be used together')
    return { payload: { text: options.text } }
  }
  if (text !== undefined && text !== '-') {
    try {
      return { payload: parseObject(text) }
    } catch {
      return command.error('error: the payload is invalid. It must be a JSON object; use --text for text.')
    }
  }
  if (input === undefined) return command.error('error: a payload is missing: give JSON, --text, or lines in a pipe')
  if (options.id !== undefined) command.error('error: --id is for one message, not for lines of standard input')
  return { input }
}

/** Sends line after line, in order, without waiting for each; prints what became of them in the same order, as soon as it is known. */
async function publishLines(
  bus: BusClient,
  url: URL,
  address: string,
  input: TerminalInput,
  how: PublishOptions,
  output: Output
): Promise<void> {
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  bus.on('close', ({ code }) => fail(new Failure(`the connection ended with ${code}`)))
  await Promise.race([publishAll(), failed])

  async function publishAll(): Promise<void> {
    let printed: Promise<void> = Promise.resolve()
    let line = 0
    let count = 0
    for await (const text of input.lines()) {
      line++
      if (text.trim() === '') continue
      const payload = parseLine(text)
      if (payload === undefined) {
        await printed
        throw new Failure(`line ${line} of standard input is not a JSON object`)
      }
      printed = print(printed, bus.publish(address, payload, how), line)
      printed.catch(fail)
      if (++count % MAX_WAITING > 0) continue
      await printed
      if (how.ack === false) await bus.ping()
    }
    if (count === 0) throw new Failure('standard input held no line with a payload')
    await printed
  }

  async function print(before: Promise<void>, publishing: Promise<Published>, line: number): Promise<void> {
    const [published] = await Promise.allSettled([publishing])
    await before
    if (published.status === 'rejected') throw failureOfBus(published.reason, url, `line ${line}`)
    printPublished(output, address, published.value)
  }
}

function parseLine(text: string): JsonObject | undefined {
  try {
    return parseObject(text)
  } catch {
    return undefined
  }
}

function printPublished(output: Output, address: string, published: Published): void {
  const { duplicate, epoch, id, sequence } = published
  output.print({ id, sequence, epoch, duplicate }, () => {
    const { style } = output
    const place = sequence === undefined ? '' : `, sequence ${sequence}, epoch ${epoch}`
    const head = `${style.green(duplicate ? 'published before' : 'published')} ${id}`
    return `${head} ${style.dim(`to ${address}${place}`)}`
  })
}
