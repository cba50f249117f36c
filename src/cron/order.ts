import { BusError } from '../errors.ts'
import { PRIVATE_CHANNEL, PRIVATE_CHANNEL_FAULT } from '../protocol/envelope.ts'
import { compileCheck } from '../protocol/schema.ts'
import { OrderSchema } from './arguments.ts'
import { DEFAULT_TIMEZONE, isExpression, isTimezone, nextTime } from './expression.ts'

/** Bounds on one job [limits.md, Limits]; the names are those of the configuration. */
export interface OrderLimits {
  readonly cronMinIntervalMs: number
  readonly maxCronDelaySeconds: number
  readonly maxCronPayloadBytes: number
  readonly maxCronRepeats: number
}

const checkShape = compileCheck(OrderSchema)

type Args = Readonly<Record<string, unknown>>

/**
 * Holds an order against its schema, against everything that a schema cannot say, and against the bounds.
 * @param isConnected whether a connection orders it, with which it can end
 * @throws {BusError} VALIDATION_ERROR naming every fault; LIMIT_EXCEEDED naming every bound when there is no fault
 */
export function checkOrder(args: Args, isConnected: boolean, limits: OrderLimits, nowMs: number): void {
  const faults = [...checkShape(args), ...contradictionsOf(args)]
  if (args.channel === PRIVATE_CHANNEL) faults.push(PRIVATE_CHANNEL_FAULT)
  if (args.lifetime === 'connection' && !isConnected)
    faults.push('lifetime: must be "tenant", since there is no connection')
  const excesses = excessesOf(args, limits)
  checkCalendar(args, limits, nowMs, faults, excesses)
  if (faults.length > 0) throw new BusError('VALIDATION_ERROR', { faults: [...faults, ...excesses] })
  if (excesses.length > 0) throw new BusError('LIMIT_EXCEEDED', { message: `Limit exceeded: ${excesses.join('; ')}` })
}

function contradictionsOf(args: Args): string[] {
  if (args.cron !== undefined) {
    const others = ['delay_seconds', 'interval_seconds', 'repeat_count'].filter(name => args[name] !== undefined)
    return others.map(name => `${name}: cannot stand beside cron`)
  }
  const faults: string[] = []
  if (Number(args.repeat_count) > 1 && args.interval_seconds === undefined)
    faults.push('interval_seconds: is required with a repeat_count above 1')
  if (args.timezone !== undefined) faults.push('timezone: is only for cron')
  return faults
}

function checkCalendar(args: Args, limits: OrderLimits, nowMs: number, faults: string[], excesses: string[]): void {
  const { cron, timezone = DEFAULT_TIMEZONE } = args
  const hasTimezone = typeof timezone === 'string' && isTimezone(timezone)
  if (typeof timezone === 'string' && !hasTimezone)
    faults.push('timezone: must be a time zone of the IANA database, such as "Europe/Berlin"')
  if (typeof cron !== 'string') return
  if (!isExpression(cron)) faults.push('cron: must be an expression of five fields, such as "*/15 8-18 * * MON-FRI"')
  else if (hasTimezone) {
    const first = nextTime(cron, timezone, nowMs)
    if (first === undefined) faults.push('cron: names a date that never comes')
    else if ((nextTime(cron, timezone, first) ?? Number.POSITIVE_INFINITY) - first < limits.cronMinIntervalMs)
      excesses.push(`cron: can come every ${limits.cronMinIntervalMs / 1000} seconds at most`)
  }
}

function excessesOf(args: Args, limits: OrderLimits): string[] {
  const { cronMinIntervalMs, maxCronDelaySeconds, maxCronPayloadBytes, maxCronRepeats } = limits
  const excesses: string[] = []
  for (const name of ['delay_seconds', 'interval_seconds']) {
    if (Number(args[name]) > maxCronDelaySeconds) excesses.push(`${name}: can be ${maxCronDelaySeconds} at most`)
  }
  const minIntervalSeconds = cronMinIntervalMs / 1000
  const intervalSeconds = Number(args.interval_seconds)
  if (intervalSeconds > 0 && intervalSeconds < minIntervalSeconds)
    excesses.push(`interval_seconds: has to be ${minIntervalSeconds} at least`)
  if (Number(args.repeat_count) > maxCronRepeats) excesses.push(`repeat_count: can be ${maxCronRepeats} at most`)
  const payload = args.payload === undefined ? '' : JSON.stringify(args.payload)
  if (Buffer.byteLength(payload) > maxCronPayloadBytes)
    excesses.push(`payload: can be ${maxCronPayloadBytes} bytes of JSON at most`)
  return excesses
}
