import { BusClientError, type ClientErrorCode } from '../client/error.ts'
import type { ErrorCode } from '../errors.ts'
import { TOKEN_VARIABLE } from './access.ts'
import { describeNetworkError } from './endpoint.ts'
import { formatDuration } from './print/age.ts'
import { toVisible } from './print/text.ts'
import { Failure } from './terminal.ts'

/** How to present a token: what is said after a 401. */
export const TOKEN_ADVICE = `present a valid token with --jwt, --jwt-file or $${TOKEN_VARIABLE}`

/** Codes that are not the server's words on what was asked. */
const ownCodes: ReadonlySet<string> = new Set<ErrorCode | ClientErrorCode>([
  'CLOSED',
  'OFFLINE',
  'OVERFLOW',
  'PROTOCOL',
  'REFUSED',
  'TIMEOUT',
  'TOKEN',
  'UNCERTAIN'
])

/** What to do about a code, where the server's own words do not say it. */
const advice: Readonly<Record<string, string | undefined>> = {
  AUTH_INVALID: `${TOKEN_ADVICE}; \`arqon token check\` says what is wrong with one`,
  AUTH_REQUIRED: TOKEN_ADVICE,
  AUTHORIZATION_ERROR: '`arqon cmd whoami` shows what you may do',
  UNKNOWN_COMMAND: '`arqon cmd help` lists all commands'
}

/**
 * Puts what a client rejected with into words that help. What is not of the client is returned as it is.
 * @param what what was asked, such as `history`; undefined while connecting
 */
export function failureOfBus(error: unknown, url: URL, what?: string): unknown {
  if (!(error instanceof BusClientError)) return error
  const { code, message, status } = error
  if (code === 'UNREACHABLE') return new Failure(describeUnreachable(error, url))
  if (status === 401) return new Failure(`${message}; ${TOKEN_ADVICE}`)
  if (ownCodes.has(code) || status !== undefined || what === undefined) return new Failure(message)
  return new Failure(describeRefusal(what, error))
}

/** A refusal of the server with its code, every fault on a line of its own if there are several, and what to do. */
export function describeRefusal(
  what: string,
  error: Pick<BusClientError, 'code' | 'message' | 'faults' | 'retryAfterMs'>
): string {
  const { code, faults, message, retryAfterMs } = error
  const hint = retryAfterMs === undefined ? advice[code] : `try again in ${formatDuration(retryAfterMs)}`
  const head = `${what} was refused with ${code}`
  const words = faults.length > 1 ? faults.map(fault => `\n  ${fault}`).join('') : ` ${faults[0] ?? message}`
  const end = hint === undefined ? '' : faults.length > 1 ? `\n  ${hint}` : `; ${hint}`
  return `${head}:${words}${end}`
    .split('\n')
    .map(line => toVisible(line))
    .join('\n')
}

/** The client tells the code of the operating system in its sentence only. */
function describeUnreachable({ message }: BusClientError, url: URL): string {
  const [code = ''] = /\b(?:E[A-Z]{4,}|EAI_AGAIN)\b/.exec(message) ?? []
  return describeNetworkError(code, url) ?? message
}
