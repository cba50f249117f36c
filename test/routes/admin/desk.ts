import type { TestContext } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../../support/tokens.ts'

/** Settings of a server that asks for tokens. */
export const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
/** Settings of a server that blocks what looks like a credential, everywhere. */
export const guarded = {
  ARQONBUS_CASIL_ENABLED: 'true',
  ARQONBUS_CASIL_MODE: 'enforce',
  ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true'
}
/** What such a server blocks. */
export const SECRET = 'sk_live_0123456789abcdef'

/** An answer over HTTP. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  /** What the JSON says; undefined without a body. Tests look into it freely. */
  readonly body: ServerFrame
  readonly text: string
}

/** A request over HTTP. A text as body is sent as it stands. */
export interface Asked {
  readonly body?: object | string
  readonly headers?: Record<string, string>
}

/** A server with an operator before it. */
export interface Desk extends TestServer {
  /** Sends a request to a path under `/v1`, as whoever the claims say, if the server asks for tokens. */
  ask(method: string, path: string, asked?: Asked, claims?: Record<string, unknown>): Promise<Answered>
  /** Connects a socket as whoever the claims say. */
  enter(claims: Record<string, unknown>): Promise<TestClient>
}

/** Starts a server for operators. Without claims a request is that of the admin of the tenant `north`, where tokens are asked for. */
export async function openDesk(t: TestContext, env: Record<string, string> = {}): Promise<Desk> {
  const server = await startServer(t, env)
  const hasTokens = env.ARQONBUS_ENABLE_AUTH === 'true'
  const bearer = (claims: Record<string, unknown>): Record<string, string> =>
    hasTokens ? { authorization: `Bearer ${signToken(validClaims(Date.now(), claims))}` } : {}
  return {
    ...server,
    enter: claims => server.connect('/ws', { headers: bearer(claims) }),
    async ask(method, path, { body, headers = {} } = {}, claims = admin('north')) {
      const response = await fetch(`${server.httpUrl}/v1${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...bearer(claims),
          ...headers
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? undefined : JSON.parse(text)
      }
    }
  }
}

/** Claims of an admin. */
export function admin(tenant_id: string): Record<string, unknown> {
  return { sub: `admin-${tenant_id}`, role: 'admin', tenant_id }
}

/** Status and code of an answer. */
export function gist({ status, body }: Answered): readonly [number, string | undefined] {
  return [status, body?.code]
}
