import type { Command } from 'commander'
import { refusalOf } from '../client/refusal.ts'
import { placeOf } from '../client/socket.ts'
import { endpointOption, failureOf, httpEndpoint, readEndpoint } from './endpoint.ts'
import { formatJson } from './json.ts'
import { Failure, type Terminal } from './terminal.ts'

const TIMEOUT_SECONDS = 5

/** Declares a subcommand that prints what the server answers at the HTTP path of the same name. */
export function declareReport(program: Command, terminal: Terminal, name: string, summary: string): void {
  program
    .command(name)
    .description(summary)
    .addOption(endpointOption(httpEndpoint))
    .action(async (options: { readonly httpUrl?: URL }, command: Command) => {
      const server = readEndpoint(httpEndpoint, options.httpUrl, terminal, command)
      terminal.write(`${formatJson(await fetchReport(server, name, terminal.signal), 2)}\n`)
    })
}

async function fetchReport(server: URL, name: string, interrupt: AbortSignal): Promise<unknown> {
  const place = placeOf(server)
  const url = new URL(server)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`
  const deadline = AbortSignal.timeout(TIMEOUT_SECONDS * 1000)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([interrupt, deadline]) })
    const body = await response.text()
    if (!response.ok) throw new Failure(refusalOf(placeOf(url), response.status, body).message)
    return parseReport(body, place)
  } catch (error) {
    if (error instanceof Failure) throw error
    if (deadline.aborted) throw new Failure(`${place} did not answer within ${TIMEOUT_SECONDS} seconds`)
    throw failureOf(error, server)
  }
}

function parseReport(body: string, place: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new Failure(`${place} answered something that is not JSON; is it an ArqonBus server?`)
  }
}
