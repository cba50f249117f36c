import type { Command } from 'commander'
import { isObject } from '../client/frames.ts'
import { splitAddress } from '../protocol/address.ts'
import type { Json, JsonObject } from '../protocol/json.ts'
import { declareOperations, type Operation } from './operations.ts'
import { checkObject, parseChannel, parseDuration, parseObject, parsePositive } from './options.ts'
import { countOf, formatAge, formatDuration } from './print/age.ts'
import type { Column } from './print/table.ts'
import type { Terminal } from './terminal.ts'

/** `arqon cron`: messages that are published later [operators.md, op.cron]. */
export function declareCron(program: Command, terminal: Terminal): void {
  const group = program.command('cron').description('publish messages later, or again and again')
  declareOperations(group, terminal, operations)
}

const operations: readonly Operation[] = [
  {
    name: 'schedule',
    summary: 'publish a message later, once, several times, or by a cron expression',
    command: 'op.cron.schedule',
    take: command =>
      command
        .argument('<address>', 'room:channel', parseChannel)
        .argument('<payload>', 'JSON object', checkObject)
        .option('--delay <time>', 'how long to wait: 90s, 15m, 1h (default: 1s)', parseDuration)
        .option('--every <time>', 'time between two deliveries; needs --times', parseDuration)
        .option('--times <count>', 'how many deliveries; needs --every', parsePositive)
        .option('--cron <expression>', 'five fields, such as "0 9 * * 1-5"; until it is cancelled')
        .option('--timezone <name>', 'time zone of the expression, such as Europe/Berlin'),
    args: ({ values: [address = '', payload = ''], options }) => ({
      ...splitAddress(address),
      payload: parseObject(payload),
      delay_seconds: options.delay,
      interval_seconds: options.every,
      repeat_count: options.times,
      cron: options.cron,
      timezone: options.timezone
    }),
    print: ({ data, nowMs, output }) =>
      output.print(data, () => {
        const when = formatAge(data.next_run_at, nowMs)
        return `${output.style.green('scheduled')} ${data.job_id} ${output.style.dim(`first ${when}`)}`
      })
  },
  {
    name: 'list',
    summary: 'list the jobs that are not finished',
    command: 'op.cron.list',
    print: ({ data, nowMs, output }) => {
      const jobs = Array.isArray(data.jobs) ? data.jobs.filter(isObject) : []
      output.printRows(columnsOf(nowMs), jobs)
      output.remark(countOf(jobs.length, 'job'))
    }
  },
  {
    name: 'cancel',
    summary: 'end a job',
    command: 'op.cron.cancel',
    take: command => command.argument('<job>', 'cron_…, as list shows it'),
    args: ({ values: [job = ''] }) => ({ job_id: job }),
    print: ({ data, output }) => output.print(data, () => `${output.style.green('cancelled')} ${data.job_id}`)
  }
]

function columnsOf(nowMs: number): Column<JsonObject>[] {
  return [
    { head: 'job', value: job => String(job.job_id), paint: style => style.cyan },
    { head: 'channel', value: job => `${job.room}:${job.channel}` },
    { head: 'next', value: job => formatAge(job.next_run_at, nowMs) },
    { head: 'last', value: job => formatAge(job.last_run_at, nowMs), paint: style => style.dim },
    {
      head: 'fired',
      value: job => `${job.fired}${job.repeat_count === null ? '' : `/${job.repeat_count}`}`,
      isRight: true
    },
    { head: 'rule', value: ruleOf }
  ]
}

function ruleOf({ cron, interval_seconds: every, timezone }: JsonObject): string {
  if (typeof cron === 'string') return `${cron}${typeof timezone === 'string' ? ` ${timezone}` : ''}`
  return typeof every === 'number' ? `every ${secondsText(every)}` : 'once'
}

function secondsText(seconds: Json): string {
  return formatDuration(Number(seconds) * 1000)
}
