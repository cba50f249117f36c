import type { BusMessage } from '../../client/index.ts'
import { formatJson } from '../json.ts'
import type { Style } from './style.ts'
import { cutText, toVisible } from './text.ts'

const SENDER_TAIL = 8

/** A message for people, on one line: when, where, from whom, what. */
export function describeMessage(message: BusMessage, style: Style, columns?: number): string {
  const place = message.channel === undefined ? (message.room ?? 'private') : `${message.room}:${message.channel}`
  const time = clockOf(message.timestamp)
  const sender = shortenId(message.sender)
  const kind = message.type === 'message' ? '' : `${message.type} `
  const head = `${time} ${place} ${sender} ${kind}`
  const payload = formatJson(message.payload)
  const shown = columns === undefined ? payload : cutText(payload, Math.max(columns - head.length, columns / 2))
  return `${style.dim(time)} ${style.cyan(toVisible(place))} ${style.dim(toVisible(sender))} ${style.yellow(kind)}${shown}`
}

/** An id that people can tell from others: `…` and its last characters. Short ones are left as they are. */
export function shortenId(id: string): string {
  return id.startsWith('arq_client_') ? `…${id.slice(-SENDER_TAIL)}` : id
}

/** The time of day here, of a moment in ISO 8601. */
function clockOf(timestamp: string): string {
  const date = new Date(timestamp)
  if (Number.isNaN(date.getTime())) return timestamp
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':')
}
