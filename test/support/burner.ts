import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'

/** Keeps a core busy with arithmetic until the test ends. */
export function burnCore(t: TestContext): void {
  const worker = new Worker('for (;;) Math.sqrt(Math.random())', { eval: true })
  t.after(async () => {
    await worker.terminate()
  })
}

/** Holds up the event loop of this process. */
export function blockLoop(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs) Math.sqrt(Math.random())
}
