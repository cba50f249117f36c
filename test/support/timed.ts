const TICK_MS = 50

/** How many milliseconds something takes, without those in which this process stands still. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  let ticks = 0
  const timer = setInterval(() => ticks++, TICK_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return ticks * TICK_MS
}
