import type { Clock } from '../clock.ts'
import { splitAddress } from '../protocol/address.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Signal } from '../structures/signal.ts'
import { TokenBucket, type TokenRate } from '../structures/token-bucket.ts'

/** A client that does something. */
export interface Agent {
  readonly id: string
  readonly identity: {
    readonly tenant: string
    readonly clientType: string
    readonly room?: string | undefined
    readonly channel?: string | undefined
  }
}

/** What it does, as far as others may be told of it. */
export interface Act {
  readonly type: string
  readonly room: string | undefined
  readonly channel: string | undefined
}

/** Bounds on what is told [limits.md, Limits]; the names are those of the configuration. */
export interface ActivityLimits {
  readonly activityPerSecond: number
  readonly activityTotalPerSecond: number
}

/** What activity is made of. */
export interface ActivityOptions {
  /** Messages, events and commands of clients. */
  readonly acts: Pick<Signal<[agent: Agent, act: Act]>, 'on'>
  readonly clock: Clock
  readonly limits: ActivityLimits
  /** Whether anybody of the tenant would get it. */
  readonly isWatched: (tenant: string) => boolean
  /** Tells those of the tenant who watch. It must not throw. */
  readonly post: (tenant: string, payload: JsonObject) => void
}

/** Of these kinds of clients nothing is told [protocol.md, Telemetry socket]. */
const quietTypes: ReadonlySet<string> = new Set(['human', 'dashboard', 'system'])

/** What is remembered of one client. */
interface Pace {
  readonly bucket: TokenBucket
  /** What it did since the last that was told. */
  suppressed: number
}

/**
 * Tells dashboards that an agent does something, and never what it says. What comes too fast is only counted, and the number told
 * with the next; while nobody watches nothing is told.
 */
export class Activity {
  readonly #options: ActivityOptions
  readonly #rate: TokenRate
  readonly #total: TokenBucket
  readonly #paces = new WeakMap<Agent, Pace>()
  readonly #stop: () => void

  constructor(options: ActivityOptions) {
    const { acts, clock, limits } = options
    const { activityPerSecond, activityTotalPerSecond } = limits
    this.#options = options
    this.#rate = { ratePerSecond: activityPerSecond, burst: 2 * activityPerSecond }
    this.#total = new TokenBucket(
      { ratePerSecond: activityTotalPerSecond, burst: 2 * activityTotalPerSecond },
      clock.monotonic()
    )
    this.#stop = acts.on((agent, act) => this.#note(agent, act))
  }

  /** Stops listening. */
  close(): void {
    this.#stop()
  }

  #note(agent: Agent, act: Act): void {
    const { tenant, clientType } = agent.identity
    if (quietTypes.has(clientType) || !this.#options.isWatched(tenant)) return
    const now = this.#options.clock.monotonic()
    const pace = this.#paceOf(agent, now)
    if (pace.bucket.waitMs(now) > 0 || !this.#total.tryTake(now)) {
      pace.suppressed++
      return
    }
    pace.bucket.tryTake(now)
    const { suppressed } = pace
    pace.suppressed = 0
    this.#options.post(tenant, {
      eventType: 'agent_activity',
      payload: {
        client_id: agent.id,
        client_type: clientType,
        ...placeOf(agent, act),
        message_type: act.type,
        timestamp: this.#options.clock.iso(),
        ...(suppressed > 0 ? { suppressed } : {})
      }
    })
  }

  #paceOf(agent: Agent, now: number): Pace {
    const known = this.#paces.get(agent)
    if (known) return known
    const pace = { bucket: new TokenBucket(this.#rate, now), suppressed: 0 }
    this.#paces.set(agent, pace)
    return pace
  }
}

/** Where it went as far as the frame or the initial address says so; null where nothing does. */
function placeOf({ identity }: Agent, act: Act): { room: string | null; channel: string | null } {
  if (act.room === undefined) {
    const isElsewhere = act.type === 'command' || act.type === 'private'
    return isElsewhere
      ? { room: null, channel: act.channel ?? null }
      : { room: identity.room ?? null, channel: identity.channel ?? null }
  }
  const { room, channel } = splitAddress(act.room)
  return { room, channel: channel ?? act.channel ?? null }
}
