import { repeat } from './dom.js'

const LEAST_PAUSE_MS = 4_000
/** A list that takes long to read is read less often. */
const PAUSE_FACTOR = 20
const RATE_SECONDS = 10
const MAX_RATED = 20_000

/** Every room with its channels, kept up to date by reading them again and by events in between. Tells of changes by `change`. */
export class Tree extends EventTarget {
  /** Map( room -> Map( channel -> entry of list_channels ) ), by name */
  rooms = new Map()
  isRead = false
  #api
  #trouble
  #rates = new Map()
  #stops = []
  #tookMs = 0

  constructor({ api, events }, trouble) {
    super()
    this.#api = api
    this.#trouble = trouble
    this.#stops.push(
      repeat(
        () => Math.max(LEAST_PAUSE_MS, this.#tookMs * PAUSE_FACTOR),
        () => this.read()
      ),
      events.listen(event => this.#hear(event)),
      repeat(1_000, () => this.#age())
    )
  }

  /** Reads everything now. */
  async read() {
    if (document.hidden && this.isRead) return
    const startMs = performance.now()
    const entries = await this.#trouble.watch(() =>
      this.#api.all(cursor => this.#api.run('list_channels', cursor === undefined ? {} : { cursor }), 'channels')
    )
    this.#tookMs = performance.now() - startMs
    if (entries === undefined) return
    const rooms = new Map()
    for (const entry of entries.sort(byAddress)) {
      const channels = rooms.get(entry.room) ?? new Map()
      rooms.set(entry.room, channels.set(entry.name, { ...entry }))
    }
    this.rooms = rooms
    this.isRead = true
    this.#changed()
  }

  /** Messages a second in a channel, by the samples of the last seconds; 0 when nothing is known. */
  rateOf(room, channel) {
    const weights = this.#rates.get(`${room}:${channel}`)
    return weights === undefined ? 0 : weights.reduce((sum, weight) => sum + weight, 0) / RATE_SECONDS
  }

  close() {
    for (const stop of this.#stops) stop()
  }

  #hear({ event_type: type, payload = {} }) {
    const { room, channel } = payload
    if (type === 'message_routed') return this.#count(`${room}:${channel}`, 1 + (payload.unsampled ?? 0))
    const channels = this.rooms.get(room)
    if (type === 'channel_created' && this.isRead && !channels?.has(channel)) this.#create(room, channel)
    else if (type === 'channel_deleted') channels?.delete(channel)
    else if (type === 'client_joined' || type === 'client_left') {
      const entry = channels?.get(channel)
      if (entry) entry.participant_count = payload.participant_count
    } else return
    if (channels?.size === 0) this.rooms.delete(room)
    this.#changed()
  }

  #create(room, name) {
    const channels = this.rooms.get(room) ?? new Map()
    const entry = { channel_id: `${room}:${name}`, room, name, description: '', participant_count: 0, hardcoded: false }
    this.rooms.set(room, channels.set(name, entry))
  }

  /** The first number of each is that of the present second. */
  #count(id, weight) {
    const weights = this.#rates.get(id)
    if (weights) weights[0] += weight
    else if (this.#rates.size < MAX_RATED) this.#rates.set(id, [weight, ...Array(RATE_SECONDS - 1).fill(0)])
  }

  #age() {
    for (const [id, weights] of this.#rates) {
      weights.unshift(0)
      weights.length = RATE_SECONDS
      if (weights.every(weight => weight === 0)) this.#rates.delete(id)
    }
    this.#changed()
  }

  #changed() {
    this.dispatchEvent(new Event('change'))
  }
}

function byAddress(one, other) {
  const [former, latter] = one.room === other.room ? [one.name, other.name] : [one.room, other.room]
  return former < latter ? -1 : 1
}

/** The rows of a tree: rooms, and the channels of those that are open; with a filter all that fit, with their rooms. */
export function rowsOf(rooms, open, filter) {
  const rows = []
  const wanted = filter.toLowerCase()
  for (const [room, channels] of rooms) {
    const fitting =
      wanted === ''
        ? [...channels.values()]
        : [...channels.values()].filter(({ channel_id: id }) => id.toLowerCase().includes(wanted))
    if (wanted !== '' && fitting.length === 0) continue
    const isOpen = wanted !== '' || open.has(room)
    rows.push({ id: room, room, isOpen, channelCount: fitting.length })
    if (isOpen) for (const entry of fitting) rows.push({ id: entry.channel_id, room, channel: entry.name, entry })
  }
  return rows
}
