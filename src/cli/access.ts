import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { busEndpoint, type Endpoint, endpointOption, httpEndpoint, readEndpoint } from './endpoint.ts'
import { headerOption, parseTimeout } from './options.ts'
import { jsonOption, type OutputOptions } from './print/output.ts'
import { Failure, type Terminal } from './terminal.ts'

/** What the options about a token say. */
export interface TokenOptions {
  readonly jwt?: string
  readonly jwtFile?: string
}

/** What the options of a subcommand that talks to a server say. */
export interface AccessOptions extends TokenOptions, OutputOptions {
  readonly wsUrl?: URL
  readonly httpUrl?: URL
  readonly header: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
}

/** Where a server is, and how to be let in. */
export interface Access {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** How long an answer may take. */
  readonly timeoutMs: number
  /** Whether the token stands in a file, which may hold a newer one later. */
  readonly hasTokenFile: boolean
  /** The token to present, read anew each time. */
  readToken(): string | undefined
}

/** Where a token is looked for when no option names one. */
export const TOKEN_VARIABLE = 'ARQONBUS_TOKEN'

const DEFAULT_TIMEOUT_SECONDS = 10

/** Adds what every subcommand that talks over the bus understands. */
export function takeBusOptions(command: Command): Command {
  return takeCommonOptions(command.addOption(endpointOption(busEndpoint)))
}

/** Adds what every subcommand that talks over HTTP understands. */
export function takeHttpOptions(command: Command): Command {
  return takeCommonOptions(command.addOption(endpointOption(httpEndpoint)))
}

/** Adds `--jwt` and `--jwt-file`. */
export function takeTokenOptions(command: Command): Command {
  return command
    .option('--jwt <token>', `token to present (default: $${TOKEN_VARIABLE})`)
    .addOption(new Option('--jwt-file <path>', 'file with the token to present').conflicts('jwt'))
}

/** How to reach the bus. */
export function readBusAccess(options: AccessOptions, terminal: Terminal, command: Command): Access {
  return readAccess(busEndpoint, options.wsUrl, options, terminal, command)
}

/** How to reach the server over HTTP. */
export function readHttpAccess(options: AccessOptions, terminal: Terminal, command: Command): Access {
  return readAccess(httpEndpoint, options.httpUrl, options, terminal, command)
}

/**
 * The token of an option or of the environment, as it stands there.
 * @throws Failure when its file cannot be read, or it is no token
 */
export function readToken(options: TokenOptions, terminal: Terminal): string | undefined {
  if (options.jwt !== undefined) return options.jwt
  const path = options.jwtFile
  const token = path === undefined ? terminal.env[TOKEN_VARIABLE]?.trim() || undefined : readSecretFile(path, 'token')
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure(`${path ?? `$${TOKEN_VARIABLE}`} holds no token, but text with blanks or control characters`)
  }
  return token
}

/**
 * What a file holds, without the blanks around it.
 * @param kind what it is, for the failure
 * @throws Failure when it cannot be read or is empty
 */
export function readSecretFile(path: string, kind: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text !== '') return text
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new Failure(`the file of the ${kind}, ${path}, cannot be read${reasons[code] ?? ''}`)
  }
  throw new Failure(`the file of the ${kind}, ${path}, is empty`)
}

const reasons: Readonly<Record<string, string | undefined>> = {
  EACCES: ': it is not yours to read',
  EISDIR: ': it is a folder',
  ENOENT: ': there is no such file'
}

function takeCommonOptions(command: Command): Command {
  return takeTokenOptions(command)
    .addOption(headerOption())
    .option('--timeout-seconds <seconds>', 'how long an answer may take', parseTimeout, DEFAULT_TIMEOUT_SECONDS)
    .addOption(jsonOption())
}

function readAccess(
  endpoint: Endpoint,
  chosen: URL | undefined,
  options: AccessOptions,
  terminal: Terminal,
  command: Command
): Access {
  return {
    url: readEndpoint(endpoint, chosen, terminal, command),
    headers: options.header,
    timeoutMs: options.timeoutSeconds * 1000,
    hasTokenFile: options.jwtFile !== undefined,
    readToken: () => readToken(options, terminal)
  }
}
