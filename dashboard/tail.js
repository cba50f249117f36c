const MAX_KEPT = 2_000
/** How many of the stored messages are read. */
const MAX_READ = 200

/** The messages of one channel: the stored ones, then each as it comes, without gaps and without doubles. */
export class Tail extends EventTarget {
  /** Oldest first: `{key, message}`. */
  entries = []
  /** How many have come live. */
  count = 0
  /** Where the channel stands: `{sequence, epoch}`. */
  position
  #bus
  #channel
  #address
  #last
  #count = 0
  /** What has come before the stored ones were read; undefined since then. */
  #early = []

  constructor(bus, address) {
    super()
    this.#bus = bus
    this.#address = address
    this.#channel = bus.channel(address)
  }

  /** Joins, reads the history, and goes on from there. @throws what the server refuses with */
  async open() {
    this.#channel.on('message', message => {
      if (this.#early) this.#early.push(message)
      else this.#take(message)
    })
    this.#channel.on('left', ({ error }) => this.#tell('left', error))
    // A connection that was away for too long is not sent what it missed: the newest of that is among the stored ones.
    this.#channel.on('recovered', ({ recovered, end }) => {
      if (!recovered || this.#early) this.#read(end).catch(error => this.#tell('left', error))
    })
    await this.#read(await this.#channel.join())
  }

  /** Leaves the channel. */
  async close() {
    await this.#channel.leave().catch(() => {})
  }

  async #read({ sequence, epoch }) {
    this.#early ??= []
    this.position = { sequence, epoch }
    const { history } = await this.#bus.history(this.#address, { limit: MAX_READ })
    for (const message of history) this.#add(message)
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) this.#take(message)
    this.#tell('message')
  }

  #take(message) {
    this.count++
    this.#add(message)
    this.#tell('message')
  }

  #add(message) {
    const { sequence, epoch } = message
    if (sequence !== undefined) {
      if (this.#last?.epoch === epoch && sequence <= this.#last.sequence) return
      this.#last = { sequence, epoch }
      this.position = { sequence, epoch: epoch ?? this.position?.epoch }
    }
    this.entries.push({ key: ++this.#count, message })
    if (this.entries.length >= 2 * MAX_KEPT) this.entries = this.entries.slice(-MAX_KEPT)
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** Whether a message has a text in what is shown of it: sender, type, id and payload. */
export function contains(message, text) {
  if (text === '') return true
  const { sender, type, id, payload } = message
  return `${sender}\n${type}\n${id}\n${JSON.stringify(payload)}`.toLowerCase().includes(text)
}
