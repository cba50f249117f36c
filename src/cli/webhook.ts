import { type Command, InvalidArgumentError, Option } from 'commander'
import { isObject } from '../client/frames.ts'
import { splitAddress } from '../protocol/address.ts'
import type { Json, JsonObject } from '../protocol/json.ts'
import { readSecretFile } from './access.ts'
import { type Answered, declareOperations, type Operation } from './operations.ts'
import { collect, parseDuration, parsePositive } from './options.ts'
import { countOf, formatAge, formatBytes } from './print/age.ts'
import { describeRecord } from './print/record.ts'
import type { Column } from './print/table.ts'
import { SilentFailure, type Terminal } from './terminal.ts'

/** `arqon webhook`: messages that are posted to URLs [operators.md, op.webhook]. */
export function declareWebhook(program: Command, terminal: Terminal): void {
  const group = program.command('webhook').description('have messages posted to URLs')
  declareOperations(group, terminal, operations)
}

const operations: readonly Operation[] = [
  {
    name: 'register',
    summary: 'post the messages of a channel, a room or the tenant to a URL',
    command: 'op.webhook.register',
    take: command =>
      command
        .argument('<url>', 'http or https')
        .argument('[address]', 'room:channel or a room, where * stands for any; without it everything')
        .addOption(
          new Option('--type <type>', 'only this type; may be repeated')
            .choices(['message', 'event'])
            .argParser(collect)
        )
        .option('--secret-file <path>', 'file with the secret that signs what is posted: whsec_…')
        .option('--post-header <name:value>', 'header to post with; may be repeated', collect)
        .option('--post-timeout <time>', 'how long the URL may take to answer (default: 2s)', parseDuration),
    args: ({ values: [url = '', address], options }) => ({
      url,
      ...(address === undefined ? {} : splitAddress(address)),
      types: options.type,
      secret: typeof options.secretFile === 'string' ? readSecretFile(options.secretFile, 'secret') : undefined,
      headers: readHeaders(options.postHeader),
      timeout_seconds: options.postTimeout
    }),
    print: answered => printDone(answered, 'registered')
  },
  {
    name: 'list',
    summary: 'list the webhooks',
    command: 'op.webhook.list',
    print: answered => printList(answered, 'rules', ruleColumns, 'webhook')
  },
  {
    ...aboutOne('get', 'show one webhook, with what became of its deliveries'),
    print: ({ data, nowMs, output }) => output.print(data, () => describeRecord(data, output.style, nowMs))
  },
  {
    ...aboutOne('test', 'post a sample once; exit 1 if it was not taken'),
    print: ({ data, output }) => {
      const isDelivered = data.outcome === 'ok'
      output.print(data, () => {
        const outcome = (isDelivered ? output.style.green : output.style.red)(String(data.outcome))
        return `${outcome} ${data.status ?? 'no answer'} ${output.style.dim(`in ${data.duration_ms} ms`)}`
      })
      if (!isDelivered) throw new SilentFailure('the sample was not taken')
    }
  },
  {
    ...aboutOne('deliveries', 'list the last attempts to deliver, the newest first'),
    print: answered => printList(answered, 'deliveries', deliveryColumns, 'attempt')
  },
  {
    name: 'dead-letters',
    summary: 'list the deliveries that were given up, the newest first',
    command: 'op.webhook.dead_letters',
    take: command =>
      command.argument('[webhook]', 'only of this one').option('--limit <count>', 'how many at most', parsePositive),
    args: ({ values: [rule], options }) => ({ rule_id: rule, limit: options.limit }),
    print: answered => printList(answered, 'dead_letters', deadColumns, 'dead letter')
  },
  {
    name: 'replay',
    summary: 'try a delivery again that was given up',
    command: 'op.webhook.replay',
    take: command => command.argument('<delivery>', 'as dead-letters shows it'),
    args: ({ values: [delivery = ''] }) => ({ delivery_id: delivery }),
    print: ({ data, output }) => output.print(data, () => `${output.style.green('queued')} ${data.delivery_id}`)
  },
  {
    ...aboutOne('unregister', 'remove a webhook, with what waits for it'),
    print: answered => printDone(answered, 'removed')
  }
]

/** What the operations on one webhook have in common. */
function aboutOne(name: string, summary: string): Omit<Operation, 'print'> {
  return {
    name,
    summary,
    command: `op.webhook.${name}`,
    take: command => command.argument('<webhook>', 'wh_…, as list shows it'),
    args: ({ values: [rule = ''] }) => ({ rule_id: rule })
  }
}

function printDone({ data, output }: Answered, what: string): void {
  output.print(data, () => `${output.style.green(what)} ${data.rule_id}`)
}

function printList({ data, nowMs, output }: Answered, key: string, columnsOf: Columns, what: string): void {
  const list = data[key]
  const rows = Array.isArray(list) ? list.filter(isObject) : []
  output.printRows(columnsOf(nowMs), rows)
  output.remark(countOf(rows.length, what))
}

type Columns = (nowMs: number) => readonly Column<JsonObject>[]

const ruleColumns: Columns = nowMs => [
  { head: 'webhook', value: rule => String(rule.rule_id), paint: style => style.cyan },
  { head: 'address', value: ({ room, channel }) => `${room ?? '*'}:${channel ?? '*'}` },
  {
    head: 'state',
    value: rule => String(rule.state),
    paint: (style, rule) => (rule.state === 'active' ? style.green : style.yellow)
  },
  { head: 'delivered', value: rule => statOf(rule, 'delivered'), isRight: true },
  { head: 'failed', value: rule => statOf(rule, 'failed'), isRight: true },
  { head: 'created', value: rule => formatAge(rule.created_at, nowMs), paint: style => style.dim },
  { head: 'url', value: rule => String(rule.url) }
]

const deliveryColumns: Columns = nowMs => [
  { head: 'delivery', value: one => String(one.delivery_id), paint: style => style.cyan },
  { head: 'when', value: one => formatAge(one.at, nowMs), paint: style => style.dim },
  { head: 'attempt', value: one => String(one.attempt), isRight: true },
  {
    head: 'outcome',
    value: one => String(one.outcome),
    paint: (style, one) => (one.outcome === 'ok' ? style.green : style.red)
  },
  { head: 'status', value: one => String(one.status ?? '-'), isRight: true },
  { head: 'took', value: one => `${one.duration_ms} ms`, isRight: true },
  { head: 'next', value: one => formatAge(one.next_attempt_at, nowMs) }
]

const deadColumns: Columns = nowMs => [
  { head: 'delivery', value: one => String(one.delivery_id), paint: style => style.cyan },
  { head: 'webhook', value: one => String(one.rule_id) },
  { head: 'when', value: one => formatAge(one.at, nowMs), paint: style => style.dim },
  { head: 'attempts', value: one => String(one.attempts), isRight: true },
  { head: 'size', value: one => formatBytes(Number(one.bytes)), isRight: true },
  { head: 'reason', value: one => String(one.reason) }
]

function statOf({ stats }: JsonObject, name: string): string {
  return isObject(stats) ? String(stats[name]) : '-'
}

function readHeaders(list: Json | undefined): JsonObject | undefined {
  if (!Array.isArray(list)) return undefined
  const pairs = list.map(text => {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*)$/.exec(String(text)) ?? []
    if (name === undefined || value === undefined)
      throw new InvalidArgumentError('--post-header must be a name, a colon and a value.')
    return [name, value]
  })
  return Object.fromEntries(pairs)
}
