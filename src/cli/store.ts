import type { Command } from 'commander'
import type { BusClient } from '../client/index.ts'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { noteStates } from './following.ts'
import { formatJson } from './json.ts'
import { parseCount, parseDuration, parseInteger, parseValue } from './options.ts'
import { Output } from './print/output.ts'
import { toVisible } from './print/text.ts'
import { withBus } from './session.ts'
import { Failure, type Terminal } from './terminal.ts'

interface StoreOptions extends AccessOptions {
  readonly namespace?: string
  readonly ifVersion?: number
  readonly text?: true
  readonly ttl?: number
  readonly by?: number
  readonly limit: number
}

/** What one operation on the store does. */
type Work = (bus: BusClient, output: Output, options: StoreOptions, values: readonly string[]) => Promise<void>

/** `arqon store`: the key-value store of the tenant [operators.md, op.store]. */
export function declareStore(program: Command, terminal: Terminal): void {
  const store = program.command('store').description('read, write and watch the key-value store')

  add('get', 'print the value under a key', get).argument('<key>')
  add('set', 'store a value under a key', set)
    .argument('<key>')
    .argument('<value>', 'JSON, or text where it is none; - reads it from standard input')
    .option('--text', 'take the value as text, also where it is JSON')
    .option('--ttl <time>', 'forget it after this time: 90s, 15m, 1h, 7d', parseDuration)
    .option('--if-version <version>', 'only over this version; 0 = only where there is no value', parseCount)
  add('delete', 'remove a key with its value', remove)
    .argument('<key>')
    .option('--if-version <version>', 'only this version', parseCount)
  add('list', 'list the keys', list).argument('[prefix]', 'only keys that begin with it')
  add('watch', 'follow the changes of keys', watch, true)
    .argument('[prefix]', 'only keys that begin with it')
    .option('--limit <count>', 'end after so many changes; 0 = never', parseCount, 0)
  add('incr', 'add to the integer under a key', increment)
    .argument('<key>')
    .option('--by <number>', 'how much to add', parseInteger, 1)

  function add(name: string, summary: string, work: Work, isLasting = false): Command {
    const command = store
      .command(name)
      .description(summary)
      .option('--namespace <name>', 'a part of the store of its own')
    return takeBusOptions(command).action(async () => {
      const options = command.opts<StoreOptions>()
      const values = name === 'set' ? await readInput(command.args, terminal) : command.args
      const access = readBusAccess(options, terminal, command)
      await withBus(terminal, access, { name: `store ${name}`, isLasting }, bus =>
        work(bus, new Output(terminal, options), options, values)
      )
    })
  }
}

async function get(bus: BusClient, output: Output, { namespace }: StoreOptions, [key = '']: readonly string[]) {
  const data = await bus.store.get(key, { namespace })
  if (!data.found) throw new Failure(`there is no value under ${toVisible(key)} in ${data.namespace}`)
  output.print(data, () => `${formatJson(data.value, 2)}\n${output.style.dim(`version ${data.version}`)}`)
}

async function set(bus: BusClient, output: Output, options: StoreOptions, [key = '', text = '']: readonly string[]) {
  const { ifVersion, namespace, ttl } = options
  const value = options.text ? text : parseValue(text)
  const data = await bus.store.set(key, value, { namespace, ttl_seconds: ttl, if_version: ifVersion })
  output.print(
    data,
    () => `${output.style.green('stored')} ${toVisible(key)} ${output.style.dim(`version ${data.version}`)}`
  )
}

async function remove(bus: BusClient, output: Output, options: StoreOptions, [key = '']: readonly string[]) {
  const data = await bus.store.delete(key, { namespace: options.namespace, if_version: options.ifVersion })
  output.print(data, () => `${data.deleted ? output.style.green('deleted') : 'there was no'} ${toVisible(key)}`)
}

async function list(bus: BusClient, output: Output, { namespace }: StoreOptions, [prefix]: readonly string[]) {
  let cursor: string | undefined
  do {
    const page = await bus.store.list({ namespace, prefix, cursor })
    for (const key of page.keys) output.print({ namespace: page.namespace, key }, () => toVisible(key))
    cursor = page.next_cursor
  } while (cursor !== undefined)
}

async function watch(bus: BusClient, output: Output, options: StoreOptions, [prefix = '']: readonly string[]) {
  noteStates(bus, output)
  let count = 0
  await new Promise<void>((resolve, reject) => {
    const onGap = () => output.note(output.errorStyle.yellow('changes may have been missed'))
    bus.on('close', ({ code }) => reject(new Failure(`the connection ended with ${code}`)))
    bus.on('error', reject)
    const watching = bus.store.watch(
      prefix,
      change => {
        if (options.limit > 0 && count >= options.limit) return
        output.print(change, () => {
          const value = change.value === undefined ? '' : formatJson(change.value)
          return `${output.style.yellow(change.operation)} ${output.style.cyan(toVisible(change.key))} ${value}`
        })
        if (++count === options.limit) resolve()
      },
      { namespace: options.namespace, onGap }
    )
    watching.then(() => output.note(`watching ${prefix === '' ? 'all keys' : toVisible(`${prefix}*`)}`), reject)
  })
}

async function increment(bus: BusClient, output: Output, options: StoreOptions, [key = '']: readonly string[]) {
  const data = await bus.store.increment(key, { namespace: options.namespace, by: options.by })
  output.print(data, () => `${data.value} ${output.style.dim(`version ${data.version}`)}`)
}

async function readInput([key = '', value = '']: readonly string[], { input }: Terminal): Promise<string[]> {
  if (value !== '-') return [key, value]
  if (input === undefined) throw new Failure('standard input is a terminal: give the value, or pipe it')
  return [key, (await input.text()).replace(/\r?\n$/, '')]
}
