import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { Stamped } from '../../protocol/message.ts'
import type { Settled } from '../broker.ts'
import type { Births } from './births.ts'
import type { Channel } from './channel.ts'
import type { Window } from './window.ts'
import { wrap } from './wire.ts'

/** What publishing needs. */
export interface PublishingParts {
  readonly node: string
  readonly births: Births
  readonly window: Window
  readonly clock: Pick<Clock, 'monotonic'>
  readonly isUp: () => boolean
}

/** Most messages, in number and in UTF-16 units, of channels whose numbering is not known yet. */
const MAX_WAITING = 10_000
const MAX_WAITING_CHARS = 16 * 1024 * 1024

/** Sends messages to the stream. In one channel they keep the order of the calls. */
export class Publishing {
  readonly #parts: PublishingParts
  /** What ends when the messages of a channel wait no more. */
  readonly #findings = new Set<Promise<void>>()
  #waiting = 0
  #waitingChars = 0

  constructor(parts: PublishingParts) {
    this.#parts = parts
  }

  publish(channel: Channel, message: Stamped, settled: Settled): void {
    const { births, clock, isUp } = this.#parts
    if (!isUp()) {
      settled(new BusError('ENGINE_UNAVAILABLE'), undefined)
      return
    }
    const sinceMs = clock.monotonic()
    const birth = channel.waiting.length === 0 ? births.known(channel) : undefined
    if (birth !== undefined) this.#send(channel, birth, message, sinceMs, settled)
    else this.#wait(channel, message, sinceMs, settled)
  }

  /** Resolves when what waits now is on its way. */
  async sent(): Promise<void> {
    await Promise.all(this.#findings)
  }

  #wait(channel: Channel, message: Stamped, sinceMs: number, settled: Settled): void {
    const chars = message.payload.length + message.metadata.length
    if (this.#waiting >= MAX_WAITING || this.#waitingChars + chars > MAX_WAITING_CHARS) {
      settled(new BusError('ENGINE_UNAVAILABLE'), undefined)
      return
    }
    this.#waiting++
    this.#waitingChars += chars
    channel.waiting.push((birth, error) => {
      this.#waiting--
      this.#waitingChars -= chars
      if (birth === undefined) settled(error ?? new BusError('ENGINE_UNAVAILABLE'), undefined)
      else this.#send(channel, birth, message, sinceMs, settled)
    })
    if (channel.waiting.length > 1) return
    const finding = this.#find(channel).finally(() => this.#findings.delete(finding))
    this.#findings.add(finding)
  }

  /** Lets all that wait for a channel go on, in their order; what comes meanwhile comes after them. */
  async #find(channel: Channel): Promise<void> {
    let birth: number | undefined
    let error: BusError | undefined
    try {
      birth = await this.#parts.births.find(channel)
    } catch (cause) {
      error = cause instanceof BusError ? cause : new BusError('ENGINE_UNAVAILABLE', { cause })
    }
    for (let go = channel.waiting.peekFront(); go !== undefined; go = channel.waiting.peekFront()) {
      go(birth, error)
      channel.waiting.shift()
    }
  }

  #send(channel: Channel, birth: number, message: Stamped, sinceMs: number, settled: Settled): void {
    const { node, window, clock } = this.#parts
    const number = window.nextNumber()
    const { headers, body } = wrap(message, birth, { node, number })
    window.publish({ number, subject: channel.subject, headers, body, sinceMs }, (error, placed) => {
      if (placed === undefined) {
        settled(error ?? new BusError('ENGINE_UNAVAILABLE'), undefined)
        return
      }
      const { sequence, isDuplicate } = placed
      channel.acknowledged = Math.max(channel.acknowledged, sequence)
      if (!isDuplicate && channel.birth === birth) channel.bornAt(birth, clock.monotonic())
      settled(undefined, { sequence, epoch: channel.epochOf(birth), duplicate: isDuplicate })
    })
  }
}
