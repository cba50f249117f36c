import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import { bytesOf } from '../limits.ts'
import { type Bucket, MovedOn } from './bucket.ts'
import type { Chores } from './chores.ts'
import { type Draft, type Entry, textOf } from './entry.ts'
import type { Feed } from './feed.ts'
import type { Mirror, Slot } from './mirror.ts'
import type { Place, Subjects } from './subjects.ts'
import { Turns } from './turns.ts'

/** What changes are made with. */
export interface ChangesParts {
  readonly bucket: Pick<Bucket, 'read' | 'write' | 'purge'>
  readonly chores: Pick<Chores, 'set'>
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>
  readonly feed: Pick<Feed, 'reached'>
  readonly mirror: Pick<Mirror, 'get' | 'own' | 'reserve' | 'release'>
  readonly random: () => number
  readonly subjects: Pick<Subjects, 'of'>
}

/** What is under a key that is there. */
export interface Present {
  readonly version: number
  readonly expiresAtMs: number
  readonly text: string
}

/** What is to become of a key; nothing is written without a draft. */
export interface Plan<Outcome> {
  readonly draft: Omit<Draft, 'version'> | undefined
  readonly outcome: (version: number) => Outcome
}

/** Decides what becomes of a key, perhaps more than once. @throws {BusError} when that is refused */
export type Decide<Outcome, Seen extends Partial<Present>> = (present: Seen | undefined) => Plan<Outcome>

/** What a change goes out from. */
interface Known<Seen> {
  readonly revision: number
  /** Also of a key that is gone. */
  readonly version: number
  readonly present: Seen | undefined
  /** Whether the bucket has said so, and not a mirror that may lag behind. */
  readonly isCertain: boolean
}

/** Changes under way, and those that wait for them. */
const MAX_CHANGES = 1_000
/** How long a change may wait and try again, so that with its last try it is done or refused within 5 s [cluster.md, N3]. */
const TRY_MS = 2_500
const MAX_PAUSE_MS = 50
/** A mirror that lagged behind, and one write that came first, need no pause. */
const PROMPT_TURNS = 2
/** How long the mark of a removed key stays, by which nodes that were away learn of it and which keeps its version. */
export const MARK_MS = 15 * 60_000

/**
 * Changes of single keys. Each says which revision it goes out from, and the bucket takes it only if that is the latest: whoever comes
 * second looks again. On one node changes of a key wait for each other, so that only other nodes can come first.
 */
export class Changes {
  readonly #parts: ChangesParts
  readonly #turns = new Turns(MAX_CHANGES)

  constructor(parts: ChangesParts) {
    this.#parts = parts
  }

  /** Changes a key whose text does not matter. @throws {BusError} ENGINE_UNAVAILABLE, LIMIT_EXCEEDED, and what `decide` throws */
  change<Outcome>(place: Place, decide: Decide<Outcome, Pick<Present, 'version'>>): Promise<Outcome> {
    return this.#run(place, decide, () => this.#guess(place))
  }

  /** Changes a key after reading its text. @throws {BusError} as {@link change} does */
  rework<Outcome>(place: Place, decide: Decide<Outcome, Present>): Promise<Outcome> {
    return this.#run(place, decide, undefined)
  }

  /** Removes a key whose end has come, unless something has happened to it meanwhile. @throws {BusError} ENGINE_UNAVAILABLE */
  async end(slot: Slot): Promise<void> {
    try {
      await this.#expire(this.#parts.subjects.of(slot), slot)
    } catch (error) {
      if (!(error instanceof MovedOn)) throw error
    }
  }

  /** Takes away the mark of a removed key when nobody needs it any more. */
  forget(subject: string, revision: number, delayMs: number): void {
    const { bucket, chores } = this.#parts
    chores.set(subject, delayMs, () => bucket.purge(subject, revision))
  }

  #run<Outcome, Seen extends Partial<Present>>(
    place: Place,
    decide: Decide<Outcome, Seen>,
    guess: (() => Known<Seen> | undefined) | undefined
  ): Promise<Outcome> {
    const { clock } = this.#parts
    const untilMs = clock.monotonic() + TRY_MS
    const subject = this.#parts.subjects.of(place)
    return this.#turns.run(subject, async () => {
      let known = guess?.()
      for (let turn = 1; ; turn++) {
        if (clock.monotonic() > untilMs) throw new BusError('ENGINE_UNAVAILABLE')
        try {
          known ??= (await this.#read(subject)) as Known<Seen>
          const plan = planOf(decide, known)
          if (plan?.draft) return plan.outcome(await this.#write(place, subject, plan.draft, known))
          if (plan) return plan.outcome(known.version)
        } catch (error) {
          if (!(error instanceof MovedOn)) throw error
          if (turn > PROMPT_TURNS) await this.#pause()
        }
        known = undefined
      }
    })
  }

  /** What the mirror knows, which is nearly always right; the bucket refuses what goes out from anything else. Undefined at its end. */
  #guess(place: Place): Known<Pick<Present, 'version'>> | undefined {
    const { clock, mirror } = this.#parts
    const slot = mirror.get(place)
    if (slot === undefined) return { revision: 0, version: 0, present: undefined, isCertain: false }
    if (slot.expiresAtMs <= clock.now()) return undefined
    return { revision: slot.revision, version: slot.version, present: slot, isCertain: false }
  }

  async #read(subject: string): Promise<Known<Present>> {
    const entry = await this.#parts.bucket.read(subject)
    const { revision, version, operation, expiresAtMs } = entry
    if (operation !== 'set') return { revision, version, present: undefined, isCertain: true }
    if (hasEnded(entry, this.#parts.clock)) {
      const mark = await this.#expire(subject, entry)
      return { ...mark, present: undefined, isCertain: true }
    }
    return { revision, version, present: { version, expiresAtMs, text: textOf(entry) }, isCertain: true }
  }

  async #write(
    place: Place,
    subject: string,
    parts: Omit<Draft, 'version'>,
    { revision, version }: Known<unknown>
  ): Promise<number> {
    const { bucket, feed, mirror } = this.#parts
    const draft = { ...parts, version: this.#versionAfter(version) }
    const isSet = draft.operation === 'set'
    if (isSet) mirror.reserve(place, bytesOf(place.key, draft.text))
    try {
      const written = await bucket.write(subject, draft, revision)
      await feed.reached(written)
      if (isSet) mirror.own(place, written)
      else this.forget(subject, written, MARK_MS)
    } catch (error) {
      if (isSet) mirror.release(place)
      throw error
    }
    return draft.version
  }

  async #expire(
    subject: string,
    { revision, version }: Pick<Entry, 'revision' | 'version'>
  ): Promise<Pick<Entry, 'revision' | 'version'>> {
    const { bucket, feed } = this.#parts
    const mark: Draft = {
      operation: 'expire',
      version: this.#versionAfter(version),
      expiresAtMs: Number.POSITIVE_INFINITY,
      text: ''
    }
    const written = await bucket.write(subject, mark, revision)
    await feed.reached(written)
    this.forget(subject, written, MARK_MS)
    return { revision: written, version: mark.version }
  }

  /** Revisions would tell a tenant what others do [limits.md P7]; milliseconds do not, and they go on after the mark of a key is gone. */
  #versionAfter(version: number): number {
    return Math.max(version + 1, this.#parts.clock.now())
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      this.#parts.clock.after(this.#parts.random() * MAX_PAUSE_MS, resolve)
    })
  }
}

/** Whether a value has outlived its end. */
export function hasEnded({ operation, expiresAtMs }: Entry, clock: Pick<Clock, 'now'>): boolean {
  return operation === 'set' && expiresAtMs <= clock.now()
}

/** What is decided; undefined when it is no change, and what it rests on is not certain. */
function planOf<Outcome, Seen extends Partial<Present>>(
  decide: Decide<Outcome, Seen>,
  { present, isCertain }: Known<Seen>
): Plan<Outcome> | undefined {
  try {
    const plan = decide(present)
    return plan.draft || isCertain ? plan : undefined
  } catch (error) {
    if (isCertain) throw error
    return undefined
  }
}
