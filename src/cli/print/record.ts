import { formatJson } from '../json.ts'
import { formatAge } from './age.ts'
import type { Style } from './style.ts'
import { formatFields } from './table.ts'
import { toVisible } from './text.ts'

const isMoment = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/

/** The members of an object for people, one line each, in their order. A moment is followed by how long ago it was. */
export function describeRecord(record: object, style: Style, nowMs: number): string {
  const fields = Object.entries(record).map(([key, value]) => [toVisible(key), describeValue(value, nowMs)] as const)
  return formatFields(fields, style)
}

function describeValue(value: unknown, nowMs: number): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return '-'
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) {
    return value.length === 0 ? '-' : value.map(toVisible).join(', ')
  }
  if (typeof value !== 'string') return formatJson(value)
  return isMoment.test(value) ? `${value} (${formatAge(value, nowMs)})` : toVisible(value)
}
