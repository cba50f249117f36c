/** How long a server is left alone before it is measured, in ms. */
export const settleMs = 300

const warmupMessages = 200
const warmupMs = 1000

/** True once a warm-up that begins now has lasted long enough: 1 s, and 200 messages in all. */
export function warmupEnd(sentSoFar) {
  const startMs = performance.now()
  return () => performance.now() - startMs >= warmupMs && sentSoFar() >= warmupMessages
}
