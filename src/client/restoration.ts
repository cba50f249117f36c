import { BusClientError, toClientError } from './error.ts'
import { type Fate, findFates } from './fate.ts'
import { isObject } from './frames.ts'
import type { Welcomed } from './handshake.ts'
import type { Ask, Memberships } from './memberships.ts'
import type { Outbox, Uncertain } from './outbox.ts'
import { encodeFrame } from './outgoing.ts'
import { createId, type Runtime } from './runtime.ts'

/** What is restored on a new connection. */
export interface RestorationOptions {
  readonly runtime: Runtime
  readonly memberships: Memberships
  readonly outbox: Outbox
  /** Restores whatever else the last connection had. */
  readonly restoreMore: (ask: Ask) => Promise<void>
}

/** The server remembers ids for 120 s; the rest is for the way there. */
const MAX_REPEAT_AGE_MS = 100_000
const DEFAULT_PAUSE_MS = 250

/**
 * Gives a new connection what the last one had: memberships first, each from where it was; then what is not acknowledged. With
 * authentication that is just sent again, as the server knows its own duplicates [limits.md, P4]. Without, the publisher is
 * another one now, and so it is looked up first what became of it.
 */
export async function restore(welcomed: Welcomed, options: RestorationOptions): Promise<void> {
  const { memberships, outbox, restoreMore } = options
  const ask = askOver(welcomed, options.runtime)
  await memberships.restore(ask)
  await restoreMore(ask)
  const isKnown = welcomed.welcome.features?.includes('auth') === true
  const doubtful = outbox.uncertain().filter(({ ageMs }) => !isKnown || ageMs > MAX_REPEAT_AGE_MS)
  const byPlace = new Map<string, Uncertain[]>()
  for (const one of doubtful) {
    const { key } = one.letter.place
    byPlace.set(key, [...(byPlace.get(key) ?? []), one])
  }
  for (const letters of byPlace.values()) await conclude(letters, ask, welcomed, options)
  outbox.open(welcomed.link, welcomed.welcome.client_id)
}

async function conclude(
  letters: Uncertain[],
  ask: Ask,
  welcomed: Welcomed,
  options: RestorationOptions
): Promise<void> {
  const { memberships, outbox } = options
  const fates = await findFates(letters, {
    ask,
    hasHistory: Number(welcomed.welcome.limits?.history) > 0,
    isOwn: sender => memberships.isFormerId(sender),
    knock: async to => {
      const id = createId()
      await welcomed.link.request(id, encodeFrame({ type: 'private', id, to, payload: {}, ack: true }), 'a look-up')
    },
    wait: delayMs => pause(options.runtime, delayMs)
  }).catch((cause: unknown) => {
    const error = toClientError(cause)
    if (error.retry || error.code === 'CLOSED') throw error
    return new Map<string, Fate>()
  })
  for (const { letter } of letters) {
    const fate = fates.get(letter.id) ?? 'unknown'
    if (fate === 'unknown') outbox.settle(letter.id, errorOfUnknown(letter.id))
    else if (fate !== 'absent') outbox.settle(letter.id, fate)
  }
}

/** What passes on the same connection: there was too much, or the server waits for its message engine. */
const passing: ReadonlySet<string> = new Set(['RATE_LIMITED', 'ENGINE_UNAVAILABLE'])

/** Asks over one connection, again after a while where what the server says passes. */
function askOver({ link }: Welcomed, runtime: Runtime): Ask {
  return async (command, args) => {
    for (;;) {
      const id = createId()
      try {
        const { payload } = await link.request(id, encodeFrame({ type: 'command', id, command, args }), command)
        return isObject(payload) && isObject(payload.data) ? payload.data : {}
      } catch (cause) {
        const error = toClientError(cause)
        if (!passing.has(error.code)) throw error
        await pause(runtime, error.retryAfterMs ?? DEFAULT_PAUSE_MS)
      }
    }
  }
}

function pause(runtime: Runtime, delayMs: number): Promise<void> {
  return new Promise(resolve => runtime.after(delayMs, resolve))
}

function errorOfUnknown(id: string): BusClientError {
  return new BusClientError('UNCERTAIN', `the connection broke, and it cannot be found out whether ${id} was published`)
}
