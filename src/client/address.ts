import { splitAddress } from '../protocol/address.ts'

/** Where a message goes: `"room:channel"`, or both by name. Without a channel it is the room itself. */
export type BusAddress = string | { readonly room: string; readonly channel?: string | undefined }

/** The address as it stands in frames and arguments; the channel is absent where there is none. */
export function toPlace(address: BusAddress): { readonly room: string; readonly channel?: string } {
  const { room, channel } = typeof address === 'string' ? splitAddress(address) : address
  return channel === undefined ? { room } : { room, channel }
}
