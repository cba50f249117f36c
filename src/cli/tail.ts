import { type Command, InvalidArgumentError, Option } from 'commander'
import { busEndpoint, endpointOption, readEndpoint } from './endpoint.ts'
import { followFrames } from './follow.ts'
import { formatLine, formatRaw } from './line.ts'
import type { Terminal } from './terminal.ts'

interface TailOptions {
  readonly wsUrl?: URL
  readonly jwt?: string
  readonly header: Readonly<Record<string, string>>
  readonly limit: number
  readonly timeoutSeconds: number
  readonly send?: string
  readonly raw?: true
}

const DEFAULT_LIMIT = 1
const DEFAULT_TIMEOUT_SECONDS = 5
/** A timer with a longer delay would fire at once. */
const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

/** `arqon tail` [protocol.md, Command line]. */
export function declareTail(program: Command, terminal: Terminal): void {
  program
    .command('tail')
    .description('print frames of the bus as they come')
    .addOption(endpointOption(busEndpoint))
    .option('--jwt <token>', 'token to present')
    .addOption(headerOption())
    .option('--limit <count>', 'frames to read, the welcome included; 0 = endless', parseLimit, DEFAULT_LIMIT)
    .option(
      '--timeout-seconds <seconds>',
      'how long those frames, or the first one of an endless tail, may take',
      parseSeconds,
      DEFAULT_TIMEOUT_SECONDS
    )
    .option('--send <json>', 'frame to send after connecting', checkJson)
    .option('--raw', 'print one line of JSON per frame')
    .action(async (options: TailOptions, command: Command) => {
      const format = options.raw ? formatRaw : formatLine
      await followFrames(readEndpoint(busEndpoint, options.wsUrl, terminal, command), {
        headers:
          options.jwt === undefined ? options.header : { ...options.header, Authorization: `Bearer ${options.jwt}` },
        limit: options.limit,
        timeoutSeconds: options.timeoutSeconds,
        send: options.send,
        signal: terminal.signal,
        onFrame: text => terminal.write(`${format(text)}\n`)
      })
    })
}

function headerOption(): Option {
  return new Option('--header <name:value>', 'header to send with the handshake; may be repeated')
    .argParser(addHeader)
    .default({}, 'none')
}

function addHeader(text: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a name, a colon and a value.')
  return { ...headers, [name]: value }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(limit))
    throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return limit
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number over 0 and up to ${MAX_TIMEOUT_SECONDS}.`)
  }
  return seconds
}

function checkJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new InvalidArgumentError('It must be JSON.')
  }
}
