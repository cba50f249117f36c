/** What a client takes from where it runs: time, chance and the news of the network. */
export interface Runtime {
  /** Milliseconds that never go back. They may stand still while the machine sleeps. */
  now(): number
  /** Milliseconds of the calendar. */
  epoch(): number
  /** A number in [0, 1). */
  random(): number
  /** Runs something once, after so many milliseconds; returns what prevents it. */
  after(delayMs: number, run: () => void): () => void
  /** Tells whenever the network comes or goes, where that can be known; returns what ends it. */
  onNetwork(listener: (isOnline: boolean) => void): () => void
}

/** Longest delay that a timer takes; beyond it, it would fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1

interface NetworkEvents {
  addEventListener?(type: 'online' | 'offline', listener: () => void): void
  removeEventListener?(type: 'online' | 'offline', listener: () => void): void
}

/** The clock, the chance and the events of the browser or of Node. */
export const systemRuntime: Runtime = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  random: () => Math.random(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_DELAY_MS))
    return () => clearTimeout(timer)
  },
  onNetwork(listener) {
    const events: NetworkEvents = globalThis as object
    const tellOnline = () => listener(true)
    const tellOffline = () => listener(false)
    events.addEventListener?.('online', tellOnline)
    events.addEventListener?.('offline', tellOffline)
    return () => {
      events.removeEventListener?.('online', tellOnline)
      events.removeEventListener?.('offline', tellOffline)
    }
  }
}

/** A new id for a message, a command or a request. It needs no secure page, as `crypto.randomUUID` does. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `arq_${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`
}
