import type { Command } from 'commander'
import { readToken, type TokenOptions, takeTokenOptions } from './access.ts'
import { busEndpoint, endpointOption, readEndpoint } from './endpoint.ts'
import { followFrames } from './follow.ts'
import { formatLine, formatRaw } from './line.ts'
import { checkJson, headerOption, parseCount, parseTimeout } from './options.ts'
import type { Terminal } from './terminal.ts'

interface TailOptions extends TokenOptions {
  readonly wsUrl?: URL
  readonly header: Readonly<Record<string, string>>
  readonly limit: number
  readonly timeoutSeconds: number
  readonly send?: string
  readonly raw?: true
}

const DEFAULT_LIMIT = 1
const DEFAULT_TIMEOUT_SECONDS = 5

/** `arqon tail` [protocol.md, Command line]. */
export function declareTail(program: Command, terminal: Terminal): void {
  const command = program
    .command('tail')
    .description('print frames of the bus as they come')
    .addOption(endpointOption(busEndpoint))
  takeTokenOptions(command)
    .addOption(headerOption())
    .option('--limit <count>', 'frames to read, the welcome included; 0 = endless', parseCount, DEFAULT_LIMIT)
    .option(
      '--timeout-seconds <seconds>',
      'how long those frames, or the first one of an endless tail, may take',
      parseTimeout,
      DEFAULT_TIMEOUT_SECONDS
    )
    .option('--send <json>', 'frame to send after connecting', checkJson)
    .option('--raw', 'print one line of JSON per frame')
    .action(async (options: TailOptions) => {
      const format = options.raw ? formatRaw : formatLine
      const url = readEndpoint(busEndpoint, options.wsUrl, terminal, command)
      const token = readToken(options, terminal)
      await followFrames(url, {
        headers: token === undefined ? options.header : { ...options.header, Authorization: `Bearer ${token}` },
        limit: options.limit,
        timeoutSeconds: options.timeoutSeconds,
        send: options.send,
        signal: terminal.signal,
        onFrame: text => terminal.write(`${format(text)}\n`)
      })
    })
}
