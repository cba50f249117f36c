import { isObject } from '../client/frames.ts'
import { refusalOf } from '../client/refusal.ts'
import { placeOf } from '../client/socket.ts'
import type { Json, JsonObject } from '../protocol/json.ts'
import type { Access } from './access.ts'
import { failureOf } from './endpoint.ts'
import { describeRefusal, TOKEN_ADVICE } from './refusals.ts'
import { Failure, type Terminal } from './terminal.ts'

/** A request to the HTTP side of a server. */
export interface ServerRequest {
  /** Path below the server's URL, with its query: `v1/clients?limit=10`. */
  readonly path: string
  /** Sent as JSON by POST; without it, it is a GET. */
  readonly body?: JsonObject
  /** What is asked, for the words of a refusal; without it the place is named. */
  readonly name?: string
}

/**
 * Asks the server over HTTP and resolves with its JSON.
 * @throws Failure when it cannot be reached, is too slow, refuses, or answers something else
 */
export async function askServer(terminal: Terminal, access: Access, request: ServerRequest): Promise<Json> {
  const place = placeOf(access.url)
  const url = urlOf(access.url, request.path)
  const deadline = AbortSignal.timeout(access.timeoutMs)
  try {
    const response = await fetch(url, {
      headers: headersOf(access, request),
      signal: AbortSignal.any([terminal.signal, deadline]),
      ...(request.body === undefined ? {} : { method: 'POST', body: JSON.stringify(request.body) })
    })
    const text = await response.text()
    if (!response.ok) throw failureOfAnswer(url, request, response, text)
    return parseAnswer(text, place)
  } catch (error) {
    if (error instanceof Failure || terminal.signal.aborted) throw error
    if (deadline.aborted) throw new Failure(`${place} did not answer within ${access.timeoutMs / 1000} seconds`)
    throw failureOf(error, access.url)
  }
}

/**
 * Runs a command through the door for operators: what it makes outlives the program [operators.md, Admin REST].
 * @param name what is asked, for the words of a refusal
 */
export async function runCommand(
  terminal: Terminal,
  access: Access,
  name: string,
  command: string,
  args: JsonObject
): Promise<{ readonly message: string; readonly data: JsonObject }> {
  const answer = await askServer(terminal, access, {
    path: `v1/commands/${encodeURIComponent(command)}`,
    body: args,
    name
  })
  const { message, data } = isObject(answer) ? answer : {}
  return { message: typeof message === 'string' ? message : '', data: isObject(data) ? data : {} }
}

function urlOf(server: URL, path: string): URL {
  const url = new URL(server)
  const [pathname, query = ''] = path.split('?', 2)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${pathname}`
  if (query !== '') url.search = query
  return url
}

function headersOf(access: Access, { body }: ServerRequest): Record<string, string> {
  const token = access.readToken()
  return {
    ...access.headers,
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' })
  }
}

function failureOfAnswer(url: URL, { name }: ServerRequest, response: Response, text: string): Failure {
  const refusal = refusalOf(placeOf(url), response.status, text, response.headers.get('retry-after'))
  if (response.status === 401) return new Failure(`${refusal.message}; ${TOKEN_ADVICE}`)
  if (name === undefined || refusal.code === 'REFUSED') return new Failure(refusal.message)
  const [, message = refusal.message] = refusal.message.split(/ answered \d+: /, 2)
  const faults = message.split('; ')
  return new Failure(describeRefusal(name, { ...refusal, code: refusal.code, message, faults }))
}

function parseAnswer(text: string, place: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure(`${place} answered something that is not JSON; is it an ArqonBus server?`)
  }
}
