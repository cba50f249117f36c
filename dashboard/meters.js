import { Alerts } from './alerts.js'
import { repeat } from './dom.js'
import { POLL_MS, Samples } from './samples.js'

/** How long the server may take to answer before it is said that it does not. */
const PATIENCE_MS = 5_000

/** Reads `/metrics` from the moment the page is opened, whatever view is shown, and tells by `sample` of every attempt. */
export class Meters extends EventTarget {
  samples = new Samples()
  /** The alerts that fire. */
  firing = []
  /** Since when the server has not answered, in seconds; undefined while it does. */
  silentSince
  #alerts = new Alerts()

  start() {
    repeat(POLL_MS, () => this.#read())
  }

  async #read() {
    const at = Date.now() / 1000
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const answer = await fetch('/metrics', { headers: { Accept: 'application/json' }, cache: 'no-store', signal })
      if (!answer.ok) throw new Error(String(answer.status))
      this.samples.add(at, await answer.json())
      this.firing = this.#alerts.check(this.samples)
      this.silentSince = undefined
    } catch {
      this.silentSince ??= at
    }
    this.dispatchEvent(new Event('sample'))
  }
}
