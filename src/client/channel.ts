import type { BusClient } from './client.ts'
import type { CommandData } from './commands.ts'
import type { BusMessage } from './frames.ts'
import type { Membership } from './membership.ts'
import type { Memberships } from './memberships.ts'
import type { Place, Position } from './place.ts'
import { ItemStream } from './stream.ts'
import type {
  ChannelEvents,
  HistoryData,
  HistoryOptions,
  JoinData,
  JoinOptions,
  Published,
  PublishOptions,
  StreamOptions
} from './types.ts'

const DEFAULT_MAX_BUFFERED = 1000

/** One member of a channel, as on the wire. */
export type Member = CommandData<'channel_info'>['members'][number]

/**
 * One channel, from the point of view of a client. All handles of the same channel share one membership, which lasts across
 * reconnects until {@link leave}.
 */
export class BusChannel implements AsyncIterable<BusMessage> {
  /** `"room:channel"` */
  readonly address: string
  readonly #bus: BusClient
  readonly #place: Place
  readonly #memberships: Memberships

  constructor(bus: BusClient, place: Place, memberships: Memberships) {
    this.address = place.key
    this.#bus = bus
    this.#place = place
    this.#memberships = memberships
  }

  /** Whether the client is a member, or will be one again as soon as it is connected. */
  get isJoined(): boolean {
    return this.#membership?.isJoined === true
  }

  /** Where the client stands in the channel: give it as `since` to a later {@link join} to go on from here, in another process too. */
  get position(): Position | undefined {
    return this.#membership?.position
  }

  /**
   * Becomes a member. With `since` everything after that position follows first, if the server still has it (`recovered`).
   * Listeners and loops that begin in the same turn in which it resolves miss nothing.
   */
  join(options: JoinOptions = {}): Promise<JoinData> {
    return this.#bus.join(this.#place, options)
  }

  /** Ends the membership, and the loops over its messages. */
  leave(): Promise<void> {
    return this.#bus.leave(this.#place)
  }

  /** Publishes and resolves on the acknowledgement; see {@link BusClient.publish}. Membership is not needed. */
  publish(payload: object, options: PublishOptions = {}): Promise<Published> {
    return this.#bus.publish(this.#place, payload, options)
  }

  /** The stored messages, oldest first. */
  history(options: HistoryOptions = {}): Promise<HistoryData> {
    return this.#bus.history(this.#place, options)
  }

  /** Who is a member now; the first 1,000 of them. */
  async presence(): Promise<readonly Member[]> {
    const { room, channel = '' } = this.#place
    const { data } = await this.#bus.command('channel_info', { room, channel })
    return data.members
  }

  /** Adds a listener and returns what removes it. See {@link ChannelEvents} for the events. {@link leave} removes all of them. */
  on<Name extends keyof ChannelEvents>(event: Name, listener: (value: ChannelEvents[Name]) => void): () => void {
    return this.#memberships.of(this.#place).listeners.add(event, listener)
  }

  /**
   * The messages from this call on, for `for await`. It ends when the channel is left or this side closes; any other end makes it
   * throw the reason, and more unread messages than `maxBuffered` make it throw OVERFLOW.
   */
  messages(options: StreamOptions = {}): AsyncIterableIterator<BusMessage, undefined> {
    const removers: (() => void)[] = []
    const stream = new ItemStream<BusMessage>(options.maxBuffered ?? DEFAULT_MAX_BUFFERED, () => {
      for (const remove of removers) remove()
    })
    if (this.#bus.state === 'closed') stream.end()
    else
      removers.push(
        this.on('message', message => stream.push(message)),
        this.on('left', ({ error }) => stream.end(error))
      )
    return stream
  }

  [Symbol.asyncIterator](): AsyncIterator<BusMessage, undefined> {
    return this.messages()
  }

  get #membership(): Membership | undefined {
    return this.#memberships.find(this.#place)
  }
}
