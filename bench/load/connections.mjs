import { Client } from './client.mjs'
import { dialects } from './dialects.mjs'
import { FrameTemplate } from './frame.mjs'
import { blankText } from './stamp.mjs'
import { mintToken } from './token.mjs'

const inParallel = 50
const textBytes = 256

/** Opens connections to the server of a job and remembers them all. */
export class Connections {
  #dialect
  #job
  #opened = []

  constructor(job) {
    this.#job = job
    this.#dialect = dialects[job.dialect]
  }

  /** One greeted connection in the room of `address`, or in none without an address. */
  async open(address) {
    const { secret } = this.#job
    const headers = secret ? { Authorization: `Bearer ${mintToken(secret, `user-${this.#opened.length}`)}` } : {}
    const client = new Client(this.#job.port, this.#dialect, this.#dialect.path(address), headers)
    this.#opened.push(client)
    return client.ready
  }

  /** `open` for each address, 50 at a time, in that order of results; `onReady(ms)` hears how long each one took. */
  async openAll(addresses, onReady = () => {}) {
    const clients = new Array(addresses.length)
    let next = 0
    const openNext = async () => {
      while (next < addresses.length) {
        const index = next++
        const startMs = performance.now()
        clients[index] = await this.open(addresses[index])
        onReady(performance.now() - startMs)
      }
    }
    await Promise.all(Array.from({ length: inParallel }, openNext))
    return clients
  }

  /** What a publisher with that number sends to `address`. */
  template(address, publisher) {
    const text = blankText(publisher, textBytes)
    return new FrameTemplate(this.#dialect.publish(address, text, this.#job.acks), text)
  }

  closeAll() {
    for (const client of this.#opened) client.close()
    this.#opened.length = 0
  }

  /** Reasons for which connections were lost, each once with its number. */
  faults() {
    const counts = new Map()
    for (const { fault } of this.#opened) if (fault) counts.set(fault, (counts.get(fault) ?? 0) + 1)
    return [...counts].map(([fault, count]) => `${count} connections: ${fault}`)
  }
}
