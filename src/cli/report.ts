import type { Command } from 'commander'
import { endpointOption, httpEndpoint, readEndpoint } from './endpoint.ts'
import { formatJson } from './json.ts'
import { askServer } from './request.ts'
import type { Terminal } from './terminal.ts'

const TIMEOUT_MS = 5_000

/** Declares a subcommand that prints what the server answers, without a token, at the HTTP path of the same name. */
export function declareReport(program: Command, terminal: Terminal, name: string, summary: string): void {
  program
    .command(name)
    .description(summary)
    .addOption(endpointOption(httpEndpoint))
    .action(async (options: { readonly httpUrl?: URL }, command: Command) => {
      const url = readEndpoint(httpEndpoint, options.httpUrl, terminal, command)
      const access = { url, headers: {}, timeoutMs: TIMEOUT_MS, hasTokenFile: false, readToken: () => undefined }
      terminal.write(`${formatJson(await askServer(terminal, access, { path: name }), 2)}\n`)
    })
}
