import type { Clock } from '../../clock.ts'
import type { Archive } from './archive.ts'
import type { Channel } from './channel.ts'
import { MovedOn, type Placed, type Window } from './window.ts'
import { birthMark, readAbout } from './wire.ts'

/** What finding out where a channel's numbering begins needs. */
export interface BirthParts {
  readonly archive: Pick<Archive, 'lastOf'>
  readonly window: Pick<Window, 'publish' | 'nextNumber'>
  readonly clock: Pick<Clock, 'monotonic'>
  /** How long what was found out holds for a channel that has no members here, in milliseconds. */
  readonly holdsMs: number
}

/** Two nodes that make the mark at once: one of them reads it instead. More turns than this mean that the channel is forgotten again and again. */
const MAX_TURNS = 4

/**
 * Where the numbering of channels begins. An empty channel gets a mark; the sequence of the mark is the birth, every message carries
 * it, and the epoch is made of it. So a channel that was forgotten, or whose messages have all grown too old, begins a new epoch.
 */
export class Births {
  readonly #parts: BirthParts

  constructor(parts: BirthParts) {
    this.#parts = parts
  }

  /** Where the numbering begins, as far as that is known well enough. */
  known({ birth, bornMs, live }: Channel): number | undefined {
    if (live !== undefined || this.#parts.clock.monotonic() - bornMs < this.#parts.holdsMs) return birth
    return undefined
  }

  /** Finds out, or makes the mark. @throws {BusError} ENGINE_UNAVAILABLE */
  find(channel: Channel): Promise<number> {
    const known = this.known(channel)
    if (known !== undefined) return Promise.resolve(known)
    channel.finding ??= this.#find(channel).finally(() => {
      channel.finding = undefined
    })
    return channel.finding
  }

  async #find(channel: Channel): Promise<number> {
    const { archive, clock } = this.#parts
    const sinceMs = clock.monotonic()
    for (let turn = 1; ; turn++) {
      const end = await archive.lastOf(channel.subject)
      try {
        const birth = (end && readAbout(end)?.birth) ?? (await this.#mark(channel.subject, sinceMs)).sequence
        channel.bornAt(birth, clock.monotonic())
        return birth
      } catch (error) {
        if (!(error instanceof MovedOn) || turn === MAX_TURNS) throw error
      }
    }
  }

  #mark(subject: string, sinceMs: number): Promise<Placed> {
    const { window } = this.#parts
    return new Promise((resolve, reject) => {
      const parcel = { number: window.nextNumber(), subject, headers: birthMark(), body: '', sinceMs }
      window.publish(parcel, (error, placed) => (placed === undefined ? reject(error) : resolve(placed)))
    })
  }
}
