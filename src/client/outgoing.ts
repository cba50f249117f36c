import { BusClientError } from './error.ts'

/** A frame of a client, as it goes out. */
export interface Outgoing {
  readonly id: string
  readonly type: string
  readonly [field: string]: unknown
}

/** Ids that the server takes from clients: `ID_PATTERN` of `src/protocol/envelope.ts`. */
const idPattern = /^arq_[A-Za-z0-9_.-]{1,124}$/

/** The text of a frame. @throws BusClientError VALIDATION_ERROR when the id is none, or something in it is not JSON */
export function encodeFrame(frame: Outgoing): string {
  if (!idPattern.test(frame.id)) {
    throw new BusClientError('VALIDATION_ERROR', 'id: must be "arq_" and 1 to 124 letters, digits, ".", "_", "-"')
  }
  try {
    return JSON.stringify(frame)
  } catch (cause) {
    throw new BusClientError('VALIDATION_ERROR', 'message: must be JSON', { cause })
  }
}
