import { Connections } from './connections.mjs'
import { Histogram } from './histogram.mjs'
import { Ledger } from './ledger.mjs'
import { microsOf, readCounter, readMicros, readPublisher, StampFinder } from './stamp.mjs'

const addressOf = room => ({ room: `bench-${room}`, channel: 'main' })

/**
 * The connections of a flow scenario and the account of what they exchange. Publishers are connections of their
 * own and no members, so one message is `membersPerRoom` deliveries on every server.
 */
export class Rooms {
  latencies = new Histogram()
  /** Called with the publisher when the designated (last joined) member of its room has received its message. */
  onRoundComplete = () => {}
  lastDeliveryMs = 0
  expected = 0
  acks = 0
  expectedAcks = 0
  misrouted = 0
  publishers = []
  #connections
  #finder = new StampFinder()
  #ledger
  #refusals = new Set()
  #scenario
  #wantsAcks

  constructor(job) {
    this.#scenario = job.scenario
    this.#wantsAcks = job.acks
    this.#connections = new Connections(job)
    this.#ledger = new Ledger(job.scenario.rooms * job.scenario.membersPerRoom * job.scenario.publishersPerRoom)
  }

  get received() {
    return this.#ledger.received
  }

  get isSettled() {
    return this.received >= this.expected && this.acks >= this.expectedAcks
  }

  /** What went wrong so far; `lost` is final only when nothing is under way any more. */
  get account() {
    const { duplicated, outOfOrder } = this.#ledger
    const notes = [...this.#connections.faults(), ...this.#refusals]
    if (this.misrouted > 0) notes.push(`${this.misrouted} deliveries to a member of another room`)
    if (this.acks !== this.expectedAcks) notes.push(`${this.acks} acknowledgements instead of ${this.expectedAcks}`)
    return { lost: this.expected - this.received, duplicated, outOfOrder, notes }
  }

  /** Connects every member, then every publisher. */
  async connect() {
    const { rooms, membersPerRoom, publishersPerRoom } = this.#scenario
    const addresses = Array.from({ length: rooms * membersPerRoom }, (_, index) =>
      addressOf(Math.floor(index / membersPerRoom))
    )
    const members = await this.#connections.openAll(addresses)
    for (const [index, client] of members.entries()) this.#addMember(client, index)
    const clients = await this.#connections.openAll(new Array(rooms * publishersPerRoom).fill(null))
    this.publishers = clients.map((client, index) => this.#publisher(client, index))
  }

  /** Publishes `count` messages of one publisher in one write. */
  publish(publisher, count) {
    publisher.client.socket.write(publisher.template.stamped(publisher.sent + 1, count))
    publisher.sent += count
    this.expected += count * this.#scenario.membersPerRoom
    if (this.#wantsAcks) this.expectedAcks += count
  }

  #addMember(client, index) {
    const { membersPerRoom, publishersPerRoom } = this.#scenario
    client.member = {
      firstPair: index * publishersPerRoom,
      firstPublisher: Math.floor(index / membersPerRoom) * publishersPerRoom,
      isDesignated: index % membersPerRoom === membersPerRoom - 1
    }
    client.onText = this.#onDelivery
  }

  #publisher(client, index) {
    const address = addressOf(Math.floor(index / this.#scenario.publishersPerRoom))
    client.onText = this.#onAnswer
    return { client, template: this.#connections.template(address, index), sent: 0, owed: 0 }
  }

  #onDelivery = (client, bytes, start, stop, nowMs) => {
    const at = this.#finder.find(bytes, start, stop)
    if (at < 0) return
    const { firstPair, firstPublisher, isDesignated } = client.member
    const publisher = readPublisher(bytes, at)
    const place = publisher - firstPublisher
    if (place < 0 || place >= this.#scenario.publishersPerRoom) {
      this.misrouted++
    } else if (this.#ledger.note(firstPair + place, readCounter(bytes, at))) {
      this.lastDeliveryMs = nowMs
      this.latencies.record(microsOf(nowMs) - readMicros(bytes, at))
      if (isDesignated) this.onRoundComplete(this.publishers[publisher])
    }
  }

  #onAnswer = (_client, bytes, start, stop) => {
    const text = bytes.latin1Slice(start, stop)
    if (this.#wantsAcks && text.includes('"message_response"')) this.acks++
    else if (this.#refusals.size < 5) this.#refusals.add(`publisher received ${text.slice(0, 200)}`)
  }
}
