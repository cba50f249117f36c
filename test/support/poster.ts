import type { TestContext } from 'node:test'
import { createSystemClock } from '../../src/clock.ts'
import { createAddressGuard } from '../../src/webhooks/guard.ts'
import { createPoster, type Poster, type PosterOptions } from '../../src/webhooks/post.ts'
import { NameService } from './name-service.ts'

/** A poster that may go to loopback, on the real clock and real sockets. It is closed with the test. */
export function startPoster(t: TestContext, options: Partial<PosterOptions> = {}): Poster {
  const poster = createPoster({
    guard: createAddressGuard(['127.0.0.0/8', '::1']),
    clock: createSystemClock(),
    connectTimeoutMs: 20_000,
    maxResponseBytes: 4096,
    lookup: new NameService({ localhost: () => ['127.0.0.1'] }).lookup,
    ...options
  })
  t.after(() => poster.close())
  return poster
}
