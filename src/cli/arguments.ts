import { InvalidArgumentError } from 'commander'
import type { Json, JsonObject } from '../protocol/json.ts'
import { parseObject, parseValue } from './options.ts'

/**
 * Arguments of a command: one JSON object, or `key=value` each. A value is JSON, or text where it is none: `limit=10`, `room=science`,
 * `code="10"`.
 * @throws InvalidArgumentError when it is neither
 */
export function parseArguments(texts: readonly string[]): JsonObject {
  const [first = ''] = texts
  if (texts.length === 0) return {}
  if (texts.length === 1 && first.trimStart().startsWith('{')) return parseObject(first)
  return Object.fromEntries(texts.map(parsePair))
}

function parsePair(text: string): [string, Json] {
  const [, key, value = ''] = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(text) ?? []
  if (key === undefined) throw new InvalidArgumentError(`"${text}" is neither key=value nor, alone, a JSON object.`)
  return [key, parseValue(value)]
}
