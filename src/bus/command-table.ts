import { hasRole } from '../auth/roles.ts'
import type { Clock } from '../clock.ts'
import { BlockError, BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { blockText, refusalText, responseText } from '../protocol/replies.ts'
import { type Check, compileCheck } from '../protocol/schema.ts'
import { type Answer, type AnyCommand, type Caller, prepareArgs, type ReadyArgs } from './command.ts'
import type { Connection } from './connection.ts'
import type { Gate } from './gate.ts'

interface Entry {
  readonly record: AnyCommand<never>
  readonly check: Check
  readonly run: (args: never, caller: Caller) => Answer | Promise<Answer>
}

/** How often a command was run and how often it was refused or failed. */
export interface CommandCount {
  readonly name: string
  executions: number
  failures: number
}

/** What counts for commands that do not exist, so that no label comes from a client. */
const UNKNOWN = 'unknown'

/** Every command there is, and the one way of running them: exists, rate, role, arguments, run, one response. */
export class CommandTable {
  readonly #entries = new Map<string, Entry>()
  readonly #counts = new Map<string, CommandCount>()
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #log: Log
  readonly #gate: Gate

  constructor(options: { readonly clock: Clock; readonly ids: Ids; readonly log: Log; readonly gate: Gate }) {
    this.#clock = options.clock
    this.#ids = options.ids
    this.#log = options.log
    this.#gate = options.gate
  }

  /** Adds commands, all of which work on one service. A name that is taken is a mistake of the program. */
  add<Service>(service: NoInfer<Service>, ...records: readonly AnyCommand<Service>[]): void {
    for (const record of records) {
      const entry: Entry = {
        record,
        check: compileCheck(record.args),
        run: (args, caller) => record.run(service, args, caller)
      }
      for (const name of [record.name, ...(record.aliases ?? [])]) {
        if (this.#entries.has(name)) throw new Error(`The command ${name} exists already`)
        this.#entries.set(name, entry)
      }
    }
  }

  /** All commands, by name, each once. */
  list(): AnyCommand<never>[] {
    const records = new Set([...this.#entries.values()].map(entry => entry.record))
    return [...records].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  counts(): readonly CommandCount[] {
    return [...this.#counts.values()]
  }

  /** Runs a command frame and sends exactly one response. A promise settles when that is done; it never rejects. */
  execute(connection: Connection, envelope: Envelope): void | Promise<void> {
    const entry = this.#entries.get(envelope.command ?? '')
    const count = this.#count(entry?.record.name ?? UNKNOWN)
    count.executions++
    try {
      const answer = this.#start(entry, connection, envelope)
      if (!(answer instanceof Promise)) return this.#succeed(connection, envelope, answer)
      return answer.then(
        done => this.#succeed(connection, envelope, done),
        error => this.#fail(connection, envelope, count, error)
      )
    } catch (error) {
      this.#fail(connection, envelope, count, error)
    }
  }

  #start(entry: Entry | undefined, connection: Connection, envelope: Envelope): Answer | Promise<Answer> {
    this.#limit(connection, entry)
    if (!entry)
      throw new BusError('UNKNOWN_COMMAND', { message: `Unknown command: ${(envelope.command ?? '').slice(0, 64)}` })
    const { identity } = connection
    if (!hasRole(identity.role, entry.record.role)) {
      throw new BusError('AUTHORIZATION_ERROR', { message: `${entry.record.name} needs the role ${entry.record.role}` })
    }
    const { args, faults } = prepareArgs(entry.record, envelope)
    const allFaults = entry.record.isSelfChecked ? faults : [...faults, ...entry.check(args)]
    if (allFaults.length > 0) throw new BusError('VALIDATION_ERROR', { faults: allFaults })
    if (!entry.record.isContentExempt) this.#inspect(args, connection)
    return entry.run(args as never, { connection, identity, envelope })
  }

  /** Arguments are content as well: they pass the same gate as messages [casil.md]. */
  #inspect(args: ReadyArgs['args'], connection: Connection): void {
    if (!this.#gate.isEnabled) return
    const { room, channel } = args
    this.#gate.pass(
      {
        room: typeof room === 'string' ? room : '',
        channel: typeof channel === 'string' ? channel : '',
        kind: 'control',
        payload: args,
        text: undefined
      },
      connection
    )
  }

  #limit(connection: Connection, entry: Entry | undefined): void {
    const now = this.#clock.monotonic()
    const buckets = entry?.record.isHeavy ? [connection.heavyCommands, connection.commands] : [connection.commands]
    for (const bucket of buckets) {
      if (!bucket.tryTake(now))
        throw new BusError('RATE_LIMITED', { message: 'Too many commands', retryAfterMs: bucket.waitMs(now) })
    }
  }

  #succeed(connection: Connection, envelope: Envelope, answer: Answer): void {
    connection.send(responseText(this.#header(), envelope.id, answer))
    answer.after?.()
  }

  #fail(connection: Connection, envelope: Envelope, count: CommandCount, error: unknown): void {
    count.failures++
    if (error instanceof BlockError) connection.send(blockText(this.#header(), envelope.id, error))
    else connection.send(refusalText(this.#header(), envelope.id, this.#explain(error, envelope)))
  }

  /** What the caller is told. The text of an unexpected error stays in the log, under a reference. */
  #explain(error: unknown, envelope: Envelope): BusError {
    if (error instanceof BusError) return error
    const reference = this.#ids.short()
    this.#log.error({ err: error, reference, command: envelope.command }, 'command failed')
    return new BusError('EXECUTION_ERROR', { message: `Command failed (error ${reference})`, cause: error })
  }

  #count(name: string): CommandCount {
    let count = this.#counts.get(name)
    if (!count) {
      count = { name, executions: 0, failures: 0 }
      this.#counts.set(name, count)
    }
    return count
  }

  #header() {
    return { id: this.#ids.message(), timestamp: this.#clock.iso() }
  }
}
