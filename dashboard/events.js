const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 15_000

/** The telemetry of `GET /v1/events`, read while somebody listens, with as many attempts as it takes. */
export class EventFeed {
  #session
  #listeners = new Set()
  #stop

  constructor(session) {
    this.#session = session
  }

  /** Adds a listener of every event; returns what removes it. Only operators are told anything. */
  listen(listener) {
    this.#listeners.add(listener)
    if (this.#session.canOperate) this.#stop ??= this.#run()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  /** Ends the reading; the listeners are kept, and the next one begins it anew. */
  close() {
    this.#stop?.()
    this.#stop = undefined
  }

  #run() {
    const ending = new AbortController()
    void this.#readOn(ending.signal)
    return () => ending.abort()
  }

  async #readOn(signal) {
    let delayMs = FIRST_DELAY_MS
    while (!signal.aborted) {
      try {
        const headers = { Accept: 'text/event-stream', ...this.#session.authorization }
        const answer = await fetch('/v1/events', { headers, signal, cache: 'no-store' })
        if (answer.ok) {
          delayMs = FIRST_DELAY_MS
          await this.#read(answer.body.pipeThrough(new TextDecoderStream()).getReader())
        } else if (answer.status < 500 && answer.status !== 429) return
      } catch {
        if (signal.aborted) return
      }
      await pause(delayMs, signal)
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)
    }
  }

  async #read(reader) {
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop()
      for (const block of blocks) if (block.startsWith('data: ')) this.#tell(JSON.parse(block.slice(6)))
    }
  }

  /** What clients report may have the name of an event of the server, and is none. */
  #tell(event) {
    if (event.source !== 'arqonbus') return
    for (const listener of this.#listeners) listener(event)
  }
}

function pause(delayMs, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, delayMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
