import { BusError } from '../errors.ts'

/** The cursor of a page that ends with `key`. */
export function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url')
}

/** The last key of the page before. @throws {BusError} VALIDATION_ERROR for what {@link cursorOf} did not make */
export function keyOfCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (key === '' || cursorOf(key) !== cursor)
    throw new BusError('VALIDATION_ERROR', { faults: ['cursor: must be the `next_cursor` of an answer'] })
  return key
}
