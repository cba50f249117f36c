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
import type { BusEvents } from './events.ts'
import type { Gate } from './gate.ts'

interface Entry {
  readonly record: AnyCommand<never>
  readonly check: Check
  readonly requireService: () => void
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

/** What the table works with. */
export interface CommandTableOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly gate: Gate
  readonly events: BusEvents
}

/** Every command there is, and the one way of running them: exists, rate, service, role, arguments, run, one response. */
export class CommandTable {
  readonly #entries = new Map<string, Entry>()
  readonly #counts = new Map<string, CommandCount>()
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #log: Log
  readonly #gate: Gate
  readonly #events: BusEvents

  constructor(options: CommandTableOptions) {
    this.#clock = options.clock
    this.#ids = options.ids
    this.#log = options.log
    this.#gate = options.gate
    this.#events = options.events
  }

  /** Adds commands, all of which work on one service. A name that is taken is a mistake of the program. */
  add<Service>(service: NoInfer<Service>, ...records: readonly AnyCommand<Service>[]): void {
    for (const record of records) {
      const entry: Entry = {
        record,
        check: compileCheck(record.args),
        requireService: () => record.requireService?.(service),
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
    const fail = (error: BusError) => this.#refuse(connection, envelope, error)
    try {
      const { id, identity } = connection
      const answer = this.run({ id, identity, connection, envelope })
      if (!(answer instanceof Promise)) return this.#succeed(connection, envelope, answer)
      return answer.then(done => this.#succeed(connection, envelope, done), fail)
    } catch (error) {
      fail(error as BusError)
    }
  }

  /**
   * Runs the command of an envelope for whoever asks. What it takes of the rate of commands is up to the connection, if there is one.
   * @throws {BusError} or rejects with one: never with anything else
   */
  run(caller: Caller): Answer | Promise<Answer> {
    const entry = this.#entries.get(caller.envelope.command ?? '')
    const count = this.#count(entry?.record.name ?? UNKNOWN)
    count.executions++
    const startMs = this.#clock.monotonic()
    const succeed = (answer: Answer): Answer => {
      if (this.#events.isHeard) this.#report(caller, count.name, startMs, undefined)
      return answer
    }
    const fail = (error: unknown): never => {
      count.failures++
      const explained = this.#explain(error, caller.envelope)
      if (this.#events.isHeard) this.#report(caller, count.name, startMs, explained)
      throw explained
    }
    try {
      const answer = this.#start(entry, caller)
      return answer instanceof Promise ? answer.then(succeed, fail) : succeed(answer)
    } catch (error) {
      return fail(error)
    }
  }

  #report({ id, identity }: Caller, command: string, startMs: number, error: BusError | undefined): void {
    this.#events.emit({
      type: error ? 'command_failed' : 'command_executed',
      severity: error ? 'warning' : 'info',
      tenant: identity.tenant,
      clientId: id,
      payload: {
        command,
        duration_ms: this.#clock.monotonic() - startMs,
        ...(error ? { error_code: error.code } : {})
      }
    })
  }

  #start(entry: Entry | undefined, caller: Caller): Answer | Promise<Answer> {
    const { connection, identity, envelope } = caller
    if (connection) this.#limit(connection, entry)
    if (!entry)
      throw new BusError('UNKNOWN_COMMAND', { message: `Unknown command: ${(envelope.command ?? '').slice(0, 64)}` })
    entry.requireService()
    const { name, role, isSocketOnly } = entry.record
    if (!hasRole(identity.role, role))
      throw new BusError('AUTHORIZATION_ERROR', { message: `${name} needs the role ${role}` })
    if (isSocketOnly && !connection)
      throw new BusError('VALIDATION_ERROR', { faults: [`command: ${name} is about a connection and needs a socket`] })
    const { args, faults } = prepareArgs(entry.record, envelope)
    const allFaults = entry.record.isSelfChecked ? faults : [...faults, ...entry.check(args)]
    if (allFaults.length > 0) throw new BusError('VALIDATION_ERROR', { faults: allFaults })
    if (!entry.record.isContentExempt) this.#inspect(args, caller)
    return entry.run(args as never, caller)
  }

  /** Arguments are content as well: they pass the same gate as messages [casil.md]. */
  #inspect(args: ReadyArgs['args'], caller: Caller): void {
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
      caller
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

  #refuse(connection: Connection, envelope: Envelope, error: BusError): void {
    if (error instanceof BlockError) connection.send(blockText(this.#header(), envelope.id, error))
    else connection.send(refusalText(this.#header(), envelope.id, error))
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
