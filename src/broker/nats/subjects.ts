/** What the stream stores, and where it hands on what it has stored [cluster.md, Subjects]. */
export const STORED_SUBJECTS = 'aq.m.>'
export const LIVE_SUBJECTS = 'aq.l.>'
/** Where it is tried whether the stream stores anything: no tenant has an empty name. */
export const TRIAL_SUBJECT = 'aq.m.=.=.='
/** Messages that are in no history, of every tenant. */
export const EPHEMERAL_SUBJECTS = 'aq.e.>'
/** Private messages, of every tenant. */
export const PRIVATE_SUBJECTS = 'aq.c.*'
/** What nodes tell each other. */
export const NODES_SUBJECT = 'aq.ctl.all'

/** A channel as keys name it, taken apart. */
export interface Place {
  readonly tenant: string
  readonly room: string
  /** Empty: the room itself. */
  readonly channel: string
}

/**
 * A text as one token of a subject: `[A-Za-z0-9_-]` stay, of everything else each byte becomes `=XX`. Different texts have
 * different tokens, and no token holds a dot, a wildcard or a space [cluster.md, N5]. The empty text is `=`, which nothing else is.
 */
export function encodeToken(text: string): string {
  if (text === '') return '='
  return text.replace(/[^A-Za-z0-9_-]/gu, char =>
    Buffer.from(char)
      .toString('hex')
      .toUpperCase()
      .replace(/../g, byte => `=${byte}`)
  )
}

/** The parts of a key made by `keyOf` of `src/protocol/address.ts`. */
export function placeOf(key: string): Place {
  const slash = key.indexOf('/')
  const colon = key.indexOf(':', slash)
  return { tenant: key.slice(0, slash), room: key.slice(slash + 1, colon), channel: key.slice(colon + 1) }
}

/** Where messages of a channel are published, and under which subject the stream stores them. */
export function storedSubject(place: Place): string {
  return `aq.m.${tokensOf(place)}`
}

/** Where the stream hands on the messages of a channel. */
export function liveSubject(place: Place): string {
  return `aq.l.${tokensOf(place)}`
}

/** Where messages of a channel go that are in no history. */
export function ephemeralSubject(place: Place): string {
  return `aq.e.${tokensOf(place)}`
}

/** Where private messages of a tenant go. */
export function privateSubject(tenant: string): string {
  return `aq.c.${encodeToken(tenant)}`
}

/** Where only one node listens. */
export function nodeSubject(node: string): string {
  return `aq.ctl.${encodeToken(node)}`
}

function tokensOf({ tenant, room, channel }: Place): string {
  return `${encodeToken(tenant)}.${encodeToken(room)}.${encodeToken(channel)}`
}
