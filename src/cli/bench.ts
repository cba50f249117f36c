import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { BusClient } from '../client/index.ts'
import { type Access, type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { Progress } from './bench/progress.ts'
import { type Outcome, type Plan, runPlan } from './bench/run.ts'
import { busEndpoint, parseUrl } from './endpoint.ts'
import { parseCount, parsePositive } from './options.ts'
import { Output } from './print/output.ts'
import { formatFields } from './print/table.ts'
import { openBus, withBus } from './session.ts'
import { SilentFailure, type Terminal } from './terminal.ts'

type BenchOptions = AccessOptions & Plan

const MAX_MEMBERS = 1000
const PATIENCE_MS = 5_000

/** `arqon bench`: a short look at how fast a server delivers [protocol.md, Command line]. `bench/` measures thoroughly. */
export function declareBench(program: Command, terminal: Terminal): void {
  const command = program
    .command('bench')
    .description('publish to members of one channel for a while and measure; exit 1 if anything is lost or doubled')
    .addArgument(new Argument('[url]', 'the server, as --ws-url').argParser(text => parseUrl(text, busEndpoint)))
    .option('--members <count>', 'how many listen', parseMembers, 10)
    .option('--rate <count>', 'messages in a second', parsePositive, 100)
    .option('--seconds <count>', 'how long', parsePositive, 5)
    .option('--bytes <count>', 'text in each payload', parseCount, 256)
  takeBusOptions(command).action(async (url: URL | undefined, options: BenchOptions) => {
    const { bytes, members, rate, seconds } = options
    const plan = { members, rate, seconds, bytes }
    const access = readBusAccess(url === undefined ? options : { ...options, wsUrl: url }, terminal, command)
    const progress = new Progress(terminal)
    try {
      const outcome = await measure(terminal, access, plan, progress)
      progress.clear()
      print(new Output(terminal, options), plan, outcome)
    } finally {
      progress.clear()
    }
  })
}

function measure(terminal: Terminal, access: Access, plan: Plan, progress: Progress): Promise<Outcome> {
  const { signal } = terminal
  const address = `arqon-bench:run-${Math.floor(terminal.random() * 2 ** 32).toString(16)}`
  return withBus(terminal, access, { name: 'bench' }, async publisher => {
    const members: BusClient[] = []
    try {
      while (members.length < plan.members) {
        signal.throwIfAborted()
        const bus = await openBus(access)
        members.push(bus)
        await bus.join(address)
        progress.show(members.length / plan.members, `${members.length} of ${plan.members} members`)
      }
      return await runPlan({ publisher, members, address, plan, progress, signal, patienceMs: PATIENCE_MS })
    } finally {
      await Promise.all(members.map(bus => bus.close()))
    }
  })
}

function print(output: Output, plan: Plan, { sent, tally, tookMs }: Outcome): void {
  const { delivered, duplicated, latencies } = tally
  const lost = sent * plan.members - delivered
  const perSecond = delivered === 0 ? 0 : Math.round(delivered / (tookMs / 1000))
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map(part => round(latencies.quantile(part)))
  const latency = { p50, p90, p99, max: round(latencies.maxMs) }
  const record = { ...plan, sent, delivered, delivered_per_second: perSecond, lost, duplicated, latency_ms: latency }
  output.print(record, () => {
    const { style } = output
    const bad = (count: number) => (count === 0 ? style.green : style.red)(String(count))
    return formatFields(
      [
        ['sent', `${sent} messages of ${plan.bytes} bytes, to ${plan.members} members`],
        ['delivered', `${delivered}, ${style.bold(String(perSecond))} in a second`],
        ['latency', `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, max ${latency.max} ms`],
        ['lost', bad(lost)],
        ['duplicated', bad(duplicated)]
      ],
      style
    )
  })
  if (lost > 0 || duplicated > 0) throw new SilentFailure('messages were lost or doubled')
}

function round(ms: number): number {
  return Number(ms.toPrecision(3))
}

function parseMembers(text: string): number {
  const count = parsePositive(text)
  if (count > MAX_MEMBERS) throw new InvalidArgumentError(`It must be up to ${MAX_MEMBERS}.`)
  return count
}
