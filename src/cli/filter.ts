import { InvalidArgumentError } from 'commander'
import { compileGlob } from '../structures/glob.ts'

/** Says whether a message is wanted. */
export type Filter = (message: object) => boolean

/**
 * A condition on a part of a message: `payload.kind=alarm*` or `type!=event`. In the pattern `*` is any run of characters and `?` is one.
 * What is not text is compared as JSON; what is absent equals nothing.
 */
export function parseFilter(text: string, before: readonly Filter[] = []): Filter[] {
  const [, path = '', sign, pattern = ''] = /^([^=!]+)(!?=)(.*)$/s.exec(text) ?? []
  if (sign === undefined)
    throw new InvalidArgumentError('It must be path=pattern or path!=pattern, such as payload.kind=alarm*.')
  const keys = path.trim().split('.')
  const matches = compileGlob(pattern)
  const isWanted = sign === '='
  const filter: Filter = message => {
    const value = valueAt(message, keys)
    const isMatch = value !== undefined && matches(typeof value === 'string' ? value : JSON.stringify(value))
    return isMatch === isWanted
  }
  return [...before, filter]
}

function valueAt(root: unknown, keys: readonly string[]): unknown {
  let value = root
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}
