import { BusError } from '../errors.ts'

/** The refusal of a channel that is there already. */
export function alreadyThere(room: string, name: string): BusError {
  return new BusError('CHANNEL_EXISTS', { message: `Channel already exists: ${room}:${name}` })
}

/** The refusal of what is done to a channel that is not there. */
export function notFound({ room, name }: { readonly room: string; readonly name: string }): BusError {
  return new BusError('CHANNEL_NOT_FOUND', { message: `Channel not found: ${room}:${name}` })
}
