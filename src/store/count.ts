import { BusError } from '../errors.ts'
import { exceeded } from './limits.ts'

/**
 * What counting comes to. A value that is not there counts as 0.
 * @throws {BusError} CONFLICT when the value is not an integer, LIMIT_EXCEEDED when the sum cannot be held exactly
 */
export function sumOf(text: string | undefined, by: number): number {
  const value: unknown = text === undefined ? 0 : JSON.parse(text)
  if (!Number.isSafeInteger(value)) throw new BusError('CONFLICT', { message: 'The value is not an integer' })
  const sum = (value as number) + by
  if (!Number.isSafeInteger(sum)) throw exceeded(`a count goes to ${Number.MAX_SAFE_INTEGER} either way`)
  return sum
}
