import { formatJson } from './json.ts'

/** What a terminal prints as it is, on one line. */
const plain = /^[^\s\p{C}]+$/u

/** A frame as one line of JSON with sorted keys. What is not JSON is printed as a JSON string. */
export function formatRaw(text: string): string {
  return formatJson(parse(text))
}

/** A frame as one line for people [protocol.md, Command line]. What is absent is `-`; what is no JSON object is all payload. */
export function formatLine(text: string): string {
  const value = parse(text)
  const frame = isRecord(value) ? value : { payload: value }
  const fields = ['type', 'sender', 'room', 'channel'].map(name => `${name}=${formatField(frame[name])}`)
  const payload = frame.payload === undefined ? '-' : formatJson(frame.payload)
  return `${formatField(frame.timestamp)} ${fields.join(' ')} payload=${payload}`
}

function formatField(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-'
  return typeof value === 'string' && plain.test(value) ? value : formatJson(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
