/** A name of a tenant, room, channel or store namespace [limits.md, Limits]: 1 to 64 characters, safe in keys and JSON unescaped. */
export const NAME_PATTERN = '^(?!(?:constructor|prototype)$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'

const name = new RegExp(NAME_PATTERN)

/** Where a message goes. An empty `channel` is the room itself: every member of the room, each once. */
export interface Address {
  readonly tenant: string
  readonly room: string
  readonly channel: string
}

/** Whether the text can name a tenant, a room, a channel or a namespace. */
export function isName(text: string): boolean {
  return name.test(text)
}

/** One flat, injective text for an address: names hold neither `/` nor `:`. */
export function keyOf(tenant: string, room: string, channel: string): string {
  return `${tenant}/${room}:${channel}`
}

/** The tenant of a key made by {@link keyOf}. */
export function tenantOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** The address that {@link keyOf} made a key of; undefined for any other text. */
export function addressOf(key: string): Address | undefined {
  const [, tenant = '', room = '', channel = ''] = /^([^/]+)\/([^:]+):(.*)$/.exec(key) ?? []
  return isName(tenant) && isName(room) && (channel === '' || isName(channel)) ? { tenant, room, channel } : undefined
}

/** Splits `"room:channel"` at the first colon; without one the channel is absent. */
export function splitAddress(text: string): { readonly room: string; readonly channel: string | undefined } {
  const colon = text.indexOf(':')
  if (colon < 0) return { room: text, channel: undefined }
  return { room: text.slice(0, colon), channel: text.slice(colon + 1) }
}

/** An address as capabilities and policies see it: `"room:channel"`, or `"room:*"` for a room as a whole. */
export function targetOf(room: string, channel: string): string {
  return `${room}:${channel === '' ? '*' : channel}`
}
