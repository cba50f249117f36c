/** Where a message is. */
interface At {
  readonly sequence: number
  readonly epoch: string
}

/** Something that happened in one channel, as whoever took part in it saw it. They are given in the order in which they were seen. */
export type Happening =
  | { readonly kind: 'sent'; readonly publisher: string; readonly id: string }
  | ({ readonly kind: 'acked'; readonly id: string } & At)
  | { readonly kind: 'refused'; readonly id: string; readonly code: string; readonly retry: boolean }
  /** A member begins at a position (no `recovered`), goes on without a gap (true), or begins anew at a position (false). */
  | ({ readonly kind: 'joined'; readonly member: string; readonly recovered?: boolean } & At)
  | ({ readonly kind: 'delivered'; readonly member: string; readonly id: string } & At)
  /** From now on the member expects nothing. */
  | { readonly kind: 'left'; readonly member: string }

/**
 * What can be wrong with a history.
 * - `lost`: an acknowledged message, or one that others got, did not come to a member that was there.
 * - `duplicated`: one message came twice or is in two places, or two messages are in one.
 * - `inverted`: a member got messages, or the channel holds those of a publisher, in another order.
 * - `stale`: a member was told that nothing is missing where something is.
 * - `phantom`: a message that nobody sent, or that was refused for good.
 */
export type FaultKind = 'lost' | 'duplicated' | 'inverted' | 'stale' | 'phantom'

/** One thing that is wrong with a history. */
export interface HistoryFault {
  readonly kind: FaultKind
  readonly id: string
  /** Who saw it; absent where it is not about a member. */
  readonly member?: string
  readonly words: string
}

/** A stretch of a channel of which a member may expect every message. */
interface Stretch {
  readonly epoch: string
  readonly after: number
  last: number
  isOpen: boolean
  /** Where the member stood each time that it was told that nothing is missing. */
  readonly resumed: number[]
}

interface Watcher {
  readonly name: string
  /** Map( id -> sequence ) */
  readonly seen: Map<string, number>
  readonly stretches: Stretch[]
}

interface Sending {
  readonly publisher: string
  times: number
  /** Whether some answer left open that it may come. */
  isPossible: boolean
  isRefused: boolean
  acked: At | undefined
}

/** Everything that is wrong with the history of one channel; nothing for a clean one. */
export function findFaults(happenings: readonly Happening[]): HistoryFault[] {
  return new Check(happenings).run()
}

class Check {
  readonly #happenings: readonly Happening[]
  readonly #faults: HistoryFault[] = []
  /** Map( id -> what became of it ), in the order in which they were sent first */
  readonly #sent = new Map<string, Sending>()
  /** Map( id -> its first known place ) */
  readonly #places = new Map<string, At>()
  /** Map( epoch and sequence -> id ) */
  readonly #ids = new Map<string, string>()
  /** Map( name -> member ) */
  readonly #watchers = new Map<string, Watcher>()

  constructor(happenings: readonly Happening[]) {
    this.#happenings = happenings
  }

  run(): HistoryFault[] {
    for (const happening of this.#happenings) this.#take(happening)
    this.#findPhantoms()
    this.#findHoles()
    this.#findDisorder()
    return this.#faults
  }

  #take(happening: Happening): void {
    switch (happening.kind) {
      case 'sent': {
        const { publisher, id } = happening
        const known = this.#sent.get(id)
        if (known === undefined)
          this.#sent.set(id, { publisher, times: 1, isPossible: true, isRefused: false, acked: undefined })
        else known.times++
        break
      }
      case 'acked': {
        const sending = this.#sent.get(happening.id)
        if (sending !== undefined) sending.acked = happening
        this.#place(happening)
        break
      }
      case 'refused': {
        const sending = this.#sent.get(happening.id)
        if (sending === undefined) break
        sending.isPossible = happening.retry || (sending.times > 1 && sending.isPossible)
        sending.isRefused = true
        break
      }
      case 'joined':
        this.#join(happening)
        break
      case 'delivered':
        this.#deliver(happening)
        break
      case 'left':
        this.#endStretch(happening.member)
    }
  }

  /** A message has one place, and a place one message. */
  #place({ id, sequence, epoch }: At & { readonly id: string }): void {
    const known = this.#places.get(id)
    if (known === undefined) this.#places.set(id, { sequence, epoch })
    else if (known.sequence !== sequence || known.epoch !== epoch)
      this.#report('duplicated', id, `is at ${known.sequence} (${known.epoch}) and at ${sequence} (${epoch})`)
    const place = `${epoch} ${sequence}`
    const other = this.#ids.get(place)
    if (other === undefined) this.#ids.set(place, id)
    else if (other !== id) this.#report('duplicated', id, `is at ${sequence}, as ${other} is`)
  }

  #join({ member, recovered, sequence, epoch }: At & { readonly member: string; readonly recovered?: boolean }): void {
    const present = this.#watcherOf(member).stretches.at(-1)
    if (recovered !== true || present === undefined) {
      this.#endStretch(member)
      this.#watcherOf(member).stretches.push({ epoch, after: sequence, last: sequence, isOpen: true, resumed: [] })
      return
    }
    present.isOpen = true
    present.resumed.push(present.last)
    if (present.epoch !== epoch)
      this.#report('stale', '', `recovered from ${present.epoch} in another epoch, ${epoch}`, member)
  }

  #endStretch(member: string): void {
    const present = this.#watcherOf(member).stretches.at(-1)
    if (present !== undefined) present.isOpen = false
  }

  #deliver(delivery: At & { readonly member: string; readonly id: string }): void {
    const { member, id, sequence, epoch } = delivery
    const { seen, stretches } = this.#watcherOf(member)
    this.#place(delivery)
    const present = stretches.at(-1)
    if (seen.has(id)) this.#report('duplicated', id, `came twice, at ${sequence}`, member)
    else if (present === undefined || !present.isOpen) this.#report('phantom', id, 'came to no member', member)
    else if (present.epoch !== epoch)
      this.#report('stale', id, `is of the epoch ${epoch}, and ${present.epoch} was told`, member)
    else if (sequence <= present.last)
      this.#report('inverted', id, `is at ${sequence} and came after ${present.last}`, member)
    else present.last = sequence
    seen.set(id, sequence)
  }

  #findPhantoms(): void {
    for (const id of this.#places.keys()) {
      const sending = this.#sent.get(id)
      if (sending === undefined) this.#report('phantom', id, 'was never sent')
      else if (!sending.isPossible && sending.acked === undefined) this.#report('phantom', id, 'was refused for good')
    }
  }

  #findHoles(): void {
    const places = [...this.#places].sort(([, one], [, other]) => one.sequence - other.sequence)
    const missed = new Set<string>()
    for (const watcher of this.#watchers.values())
      for (const [index, stretch] of watcher.stretches.entries())
        for (const [id, { sequence, epoch }] of places) {
          const end = stretch.isOpen && index === watcher.stretches.length - 1 ? Number.POSITIVE_INFINITY : stretch.last
          if (epoch !== stretch.epoch || sequence <= stretch.after || sequence > end || watcher.seen.has(id)) continue
          missed.add(id)
          this.#reportHole(id, sequence, stretch, watcher)
        }
    const delivered = new Set([...this.#watchers.values()].flatMap(({ seen }) => [...seen.keys()]))
    for (const [id, { acked }] of this.#sent)
      if (acked !== undefined && !delivered.has(id) && !missed.has(id))
        this.#report('lost', id, `was acknowledged at ${acked.sequence}, and came to nobody`)
  }

  /** A hole right after a recovery makes that recovery untrue. */
  #reportHole(id: string, sequence: number, { resumed }: Stretch, { name, seen }: Watcher): void {
    const before = Math.max(0, ...[...seen.values()].filter(other => other < sequence))
    const isUntrue = resumed.some(stood => stood < sequence && before <= stood)
    this.#report(isUntrue ? 'stale' : 'lost', id, `is at ${sequence}, and did not come`, name)
  }

  /** What was sent once and not refused keeps its order. */
  #findDisorder(): void {
    const ends = new Map<string, At>()
    for (const [id, { publisher, times, isRefused, acked }] of this.#sent) {
      if (acked === undefined || times > 1 || isRefused) continue
      const end = ends.get(publisher)
      if (end !== undefined && end.epoch === acked.epoch && acked.sequence <= end.sequence)
        this.#report(
          'inverted',
          id,
          `of ${publisher} is at ${acked.sequence}, and one sent before it at ${end.sequence}`
        )
      else ends.set(publisher, acked)
    }
  }

  #watcherOf(name: string): Watcher {
    const known = this.#watchers.get(name)
    if (known !== undefined) return known
    const watcher = { name, seen: new Map<string, number>(), stretches: [] }
    this.#watchers.set(name, watcher)
    return watcher
  }

  #report(kind: FaultKind, id: string, words: string, member?: string): void {
    this.#faults.push({ kind, id, words, ...(member === undefined ? {} : { member }) })
  }
}
