import { type Command, InvalidArgumentError, Option } from 'commander'
import { placeOf } from '../client/socket.ts'
import { Failure, type Terminal } from './terminal.ts'

/** A server address that can be given by flag, else by environment, else is the default [protocol.md, Command line]. */
export interface Endpoint {
  readonly flag: string
  readonly variable: string
  readonly fallback: string
  readonly schemes: readonly string[]
}

/** Where the server answers operators over HTTP. */
export const httpEndpoint: Endpoint = {
  flag: '--http-url',
  variable: 'ARQONBUS_HTTP_URL',
  fallback: 'http://127.0.0.1:8080',
  schemes: ['http:', 'https:']
}

/** Where the server takes bus connections. */
export const busEndpoint: Endpoint = {
  flag: '--ws-url',
  variable: 'ARQONBUS_WS_URL',
  fallback: 'ws://127.0.0.1:9100',
  schemes: ['ws:', 'wss:']
}

/** The flag of an endpoint. Its value is read by {@link readEndpoint}. */
export function endpointOption(endpoint: Endpoint): Option {
  const { flag, variable, fallback } = endpoint
  const summary = `address of the server (default: $${variable} or ${fallback})`
  return new Option(`${flag} <url>`, summary).argParser(text => parseUrl(text, endpoint))
}

/**
 * The URL of an endpoint. A bad one in the environment is a usage error, like one on the command line.
 * @param chosen what the flag says, if it is there
 */
export function readEndpoint(endpoint: Endpoint, chosen: URL | undefined, terminal: Terminal, command: Command): URL {
  if (chosen) return chosen
  try {
    return parseUrl(terminal.env[endpoint.variable] || endpoint.fallback, endpoint)
  } catch (error) {
    return command.error(`error: ${endpoint.variable} is invalid. ${error instanceof Error ? error.message : ''}`)
  }
}

/** Puts the failure of a network call into words that help. */
export function failureOf(error: unknown, url: URL): Failure {
  const place = placeOf(url)
  const cause = causeOf(error)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const sentence = describeNetworkError(code, url)
  if (sentence !== undefined) return new Failure(sentence)
  return new Failure(
    `the connection to ${place} failed: ${cause instanceof Error ? cause.message || code : String(cause)}`
  )
}

/** The sentence for a code of Node or of its `fetch`; undefined for one that says nothing to people. */
export function describeNetworkError(code: string, url: URL): string | undefined {
  return sentences[code]?.(placeOf(url), url.hostname)
}

const sentences: Record<string, ((place: string, host: string) => string) | undefined> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: place =>
    `the certificate of ${place} is of no known authority; name its file with NODE_EXTRA_CA_CERTS`,
  EAI_AGAIN: (_place, host) => `no host is called ${host}, or names cannot be looked up`,
  ECONNREFUSED: place => `nothing listens on ${place}; start it with: npx arqonbus`,
  ECONNRESET: place => `${place} broke the connection off`,
  ENOTFOUND: (_place, host) => `no host is called ${host}`,
  EPROTO: sayWithoutTls,
  ERR_SSL_WRONG_VERSION_NUMBER: sayWithoutTls,
  UND_ERR_SOCKET: place => `${place} broke the connection off`
}

/** What OpenSSL says of a server that answers in plain words is of no use to people. */
function sayWithoutTls(place: string): string {
  return `no TLS connection to ${place} comes about; without TLS it is ${place.replace('s://', '://')}`
}

/** `fetch` fails with an error that says nothing, about one that says what happened. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? causeOf(error.cause) : error
}

/** A URL that an endpoint can have. */
export function parseUrl(text: string, { schemes }: Pick<Endpoint, 'schemes'>): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !schemes.includes(url.protocol)) {
    throw new InvalidArgumentError(
      `It must be a URL that begins with ${schemes.map(scheme => `${scheme}//`).join(' or ')}.`
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('It must hold no user name or password.')
  }
  return url
}
