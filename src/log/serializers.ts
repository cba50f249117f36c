const MAX_CAUSES = 3

/** How the things that are often logged are printed, by the key they are logged under [limits.md, P19]. */
export const serializers = {
  envelope: describeMessage,
  err: (error: unknown) => describeError(error, 0),
  message: describeMessage,
  req: describeRequest,
  res: describeResponse,
  url: withoutQuery
}

/** `JSON.parse` quotes what it was given, so the text of its errors may be part of a payload. */
export function sayError(error: Error): string {
  return error instanceof SyntaxError ? 'the text cannot be parsed' : error.message
}

/** Of a message only what it is and where it goes: its payload, and text that may be one, stays out. */
function describeMessage(message: unknown): Record<string, unknown> | undefined {
  if (!isRecord(message)) return undefined
  const { id, type, room, channel, sender } = message
  return { id, type, room, channel, sender }
}

/** Of a request, Fastify's or Node's, no header and no query string. */
function describeRequest(request: unknown): Record<string, unknown> | undefined {
  if (!isRecord(request)) return undefined
  const { method, url, ip, socket } = request
  return { method, path: withoutQuery(url), remoteAddress: ip ?? (isRecord(socket) ? socket.remoteAddress : undefined) }
}

function describeResponse(response: unknown): Record<string, unknown> | undefined {
  return isRecord(response) ? { statusCode: response.statusCode } : undefined
}

function withoutQuery(url: unknown): string | undefined {
  return typeof url === 'string' ? url.replace(/[?#].*$/s, '') : undefined
}

/** What an error says of itself, and nothing that was hung onto it: that may be a URL or a payload. */
function describeError(error: unknown, depth: number): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const message = sayError(error)
  const frames = (error.stack ?? '').split('\n').filter(line => /^ +at /.test(line))
  return {
    type: error.name,
    message,
    code: 'code' in error ? error.code : undefined,
    stack: [`${error.name}: ${message}`, ...frames].join('\n'),
    cause: error.cause instanceof Error && depth < MAX_CAUSES ? describeError(error.cause, depth + 1) : undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
