// Posts once from a process of its own, whose environment a test has chosen. Its one argument is the URL. It may go to
// loopback, which is also what every name stands for, and tells its parent how the post ended.
import { createSystemClock } from '../../src/clock.ts'
import { createAddressGuard } from '../../src/webhooks/guard.ts'
import { createPoster } from '../../src/webhooks/post.ts'

const poster = createPoster({
  guard: createAddressGuard(['127.0.0.1']),
  clock: createSystemClock(),
  connectTimeoutMs: 20_000,
  maxResponseBytes: 4096,
  lookup: (_name, _options, callback) => callback(null, '127.0.0.1', 4)
})
const url = process.argv[2] ?? ''
const result = await poster.post({
  url,
  headers: { 'content-type': 'application/json' },
  body: '{}',
  timeoutMs: 20_000
})
await poster.close()
process.send?.(result)
