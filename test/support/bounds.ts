import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { startServer, type TestServer } from '../helper.ts'

/** One limit, as a test looks at it. */
export interface Bound {
  readonly limit: string
  /** The largest size that is served. */
  readonly bound: number
  /** What comes of the next size. */
  readonly over: string
  /** Lowers the bound where the default takes too long to reach. */
  readonly env?: Readonly<Record<string, string>>
  /** Does something of the given size and tells what came of it: `ok`, or how it was refused. */
  readonly attempt: (server: TestServer, size: number, t: TestContext) => Promise<string>
}

/** Runs one subtest for each limit: its bound is served by one server, and one more is refused by another. */
export async function checkBounds(t: TestContext, bounds: readonly Bound[]): Promise<void> {
  const cases = bounds.map(({ limit, bound, over, env = {}, attempt }) =>
    t.test(`${limit}: ${bound} are served, ${bound + 1} are not: ${over}`, async t => {
      assert.equal(await attempt(await startServer(t, env), bound, t), 'ok')
      assert.equal(await attempt(await startServer(t, env), bound + 1, t), over)
    })
  )
  await Promise.all(cases)
}

/** The port of a server in this process. */
export function portOf(server: TestServer): number {
  return Number(new URL(server.httpUrl).port)
}
