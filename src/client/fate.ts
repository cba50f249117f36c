import { toClientError } from './error.ts'
import type { Ask } from './memberships.ts'
import type { Uncertain } from './outbox.ts'
import { fieldsOf, type Place, type Stored } from './place.ts'

/** What became of a letter: its position, `'absent'` when it was certainly not published, `'unknown'` when that cannot be told. */
export type Fate = Stored | 'absent' | 'unknown'

/** How the history is asked. */
export interface FateOptions {
  readonly ask: Ask
  /** Whether the server keeps history at all. */
  readonly hasHistory: boolean
  /** Whether a sender is this client, over an earlier connection. */
  readonly isOwn: (sender: string) => boolean
  /** Sends an empty private message to a client. */
  readonly knock: (clientId: string) => Promise<void>
  readonly wait: (delayMs: number) => Promise<void>
}

/** Most messages of one answer, and most answers. */
const PAGE_LIMIT = 5_000
const MAX_PAGES = 50
/** An acknowledgement is so much younger than its message, at most; else all of the history is looked through. */
const MARGIN_MS = 1_000
const END_OF_TIME = '9999-12-31T23:59:59.999Z'
const KNOCK_PAUSE_MS = 500
/** The server notices a dead connection that it was sent something within about 10 s. */
const MAX_KNOCKS = 40

/** A stored message, as far as it matters here. */
interface Envelope {
  readonly id: string
  readonly sender: string
  readonly channel?: string
  readonly sequence: number
  readonly epoch: string
  readonly timestamp: string
}

/** What the history holds from a moment on. */
interface Excerpt {
  /** Map( id -> own message ) */
  readonly own: ReadonlyMap<string, Envelope>
  readonly oldest: Envelope | undefined
  readonly isWhole: boolean
}

/**
 * Finds out what became of letters of one place whose connection broke. First the server must have let go of that connection, so
 * that nothing of it can arrive any more; then the history is looked through, as far as it reaches back to before the letters.
 */
export async function findFates(letters: readonly Uncertain[], options: FateOptions): Promise<Map<string, Fate>> {
  const fates = new Map<string, Fate>()
  const [first] = letters
  if (!first) return fates
  const senders = [...new Set(letters.map(({ sentBy }) => sentBy))]
  const areGone = await Promise.all(senders.map(clientId => isGone(clientId, options)))
  const excerpt = areGone.every(Boolean) ? await readExcerpt(first, options) : undefined
  for (const { letter } of letters) {
    const found = excerpt?.own.get(letter.id)
    if (found) fates.set(letter.id, storedOf(found))
    else fates.set(letter.id, excerpt?.isWhole ? 'absent' : 'unknown')
  }
  return fates
}

/** Reads from the publish before the letters on; from the start where that is not known, or not found. */
async function readExcerpt({ letter, after }: Uncertain, options: FateOptions): Promise<Excerpt> {
  if (after !== undefined && after.storedAtMs > 0) {
    const excerpt = await readFrom(letter.place, after.storedAtMs - MARGIN_MS, options)
    const { oldest } = excerpt
    if (oldest?.epoch === after.epoch && oldest.sequence <= after.sequence) return excerpt
  }
  const excerpt = await readFrom(letter.place, 0, options)
  const { isWhole, oldest } = excerpt
  const isFromStart = oldest === undefined || oldest.sequence === 1
  const isFromBefore = after !== undefined && oldest?.epoch === after.epoch && oldest.sequence <= after.sequence
  return { ...excerpt, isWhole: isWhole && options.hasHistory && (isFromStart || isFromBefore) }
}

async function readFrom(place: Place, fromMs: number, { ask, isOwn }: FateOptions): Promise<Excerpt> {
  const own = new Map<string, Envelope>()
  let oldest: Envelope | undefined
  let last: Envelope | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { entries } = (await ask('op.history.replay', {
      ...fieldsOf(place),
      from_ts: last?.timestamp ?? new Date(fromMs).toISOString(),
      to_ts: END_OF_TIME,
      limit: PAGE_LIMIT,
      strict_sequence: false
    })) as { readonly entries: readonly { readonly envelope: Envelope }[] }
    const envelopes = entries.map(({ envelope }) => envelope)
    const newest = envelopes.at(-1)
    if (newest === undefined || newest.id === last?.id) return { own, oldest, isWhole: true }
    last = newest
    for (const envelope of envelopes) {
      if (envelope.channel !== place.channel) continue
      oldest ??= envelope
      if (isOwn(envelope.sender)) own.set(envelope.id, envelope)
    }
  }
  return { own, oldest, isWhole: false }
}

function storedOf({ sequence, epoch, timestamp }: Envelope): Stored {
  return { sequence, epoch, storedAtMs: Date.parse(timestamp) || 0 }
}

/** Whether the server has let go of a connection: it then is no target any more. */
async function isGone(clientId: string, { knock, wait }: FateOptions): Promise<boolean> {
  for (let count = 0; count < MAX_KNOCKS; count++) {
    try {
      await knock(clientId)
    } catch (cause) {
      const error = toClientError(cause)
      if (error.code === 'TARGET_NOT_FOUND') return true
      if (error.code === 'CLOSED' || !error.retry) throw error
    }
    await wait(KNOCK_PAUSE_MS)
  }
  return false
}
