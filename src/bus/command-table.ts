import { hasRole } from '../auth/roles.ts'
import type { Clock } from '../clock.ts'
import { BlockError, BusError, type ErrorCode } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { blockText, refusalText, responseText } from '../protocol/replies.ts'
import { type Check, compileCheck } from '../protocol/schema.ts'
import { Counts } from '../structures/counts.ts'
import { type Answer, type AnyCommand, type Caller, prepareArgs, type ReadyArgs } from './command.ts'
import type { Connection } from './connection.ts'
import type { BusEvents } from './events.ts'
import type { Gate } from './gate.ts'
import { type Incidents, SLOW, SLOW_COMMAND_MS, tellIncident } from './incidents.ts'

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
  /** Told of what operators may have to look for. */
  readonly incidents?: Incidents
}

/** Every command there is, and the one way of running them: exists, rate, service, role, arguments, run, one response. */
export class CommandTable {
  /** Commands of sockets that were refused or failed, by code. */
  readonly refusals = new Counts<ErrorCode>()
  readonly #entries = new Map<string, Entry>()
  readonly #counts = new Map<string, CommandCount>()
  /** Map( family of names -> what it is refused with ) */
  readonly #reserved = new Map<string, () => BusError>()
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #log: Log
  readonly #gate: Gate
  readonly #events: BusEvents
  readonly #incidents: Incidents | undefined

  constructor(options: CommandTableOptions) {
    this.#clock = options.clock
    this.#ids = options.ids
    this.#log = options.log
    this.#gate = options.gate
    this.#events = options.events
    this.#incidents = options.incidents
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

  /** Has a name and all that go on after it with a dot refused with an error of their own, rather than as unknown. */
  reserve(family: string, makeError: () => BusError): void {
    this.#reserved.set(family, makeError)
  }

  /** All commands, by name, each once. */
  list(): AnyCommand<never>[] {
    const records = new Set([...this.#entries.values()].map(entry => entry.record))
    return [...records].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** A command by any of its names. */
  find(name: string): AnyCommand<never> | undefined {
    return this.#entries.get(name)?.record
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
      this.#time(caller, count.name, startMs)
      if (this.#events.isHeard) this.#report(caller, count.name, startMs, undefined)
      if (caller.connection && entry && isAudited(entry.record)) this.#audit(caller, entry.record.name)
      return answer
    }
    const fail = (error: unknown): never => {
      count.failures++
      this.#time(caller, count.name, startMs)
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

  /** Who did what only few may do, and where; not with what. Other doors write such lines themselves. */
  #audit({ id, identity, envelope }: Caller, command: string): void {
    const { room = envelope.room, channel = envelope.channel, channel_id } = envelope.args
    const { subject, tenant } = identity
    this.#log.info(
      { audit: true, by: id, subject, tenant, command, room, channel, channel_id },
      'an admin ran a command'
    )
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

  #time(caller: Caller, command: string, startMs: number): void {
    const durationMs = this.#clock.monotonic() - startMs
    if (durationMs > SLOW_COMMAND_MS)
      tellIncident(this.#incidents, caller, { kind: 'command', code: SLOW, command, durationMs })
  }

  #start(entry: Entry | undefined, caller: Caller): Answer | Promise<Answer> {
    const { connection, identity, envelope } = caller
    if (connection) this.#limit(connection, entry)
    if (!entry) throw this.#miss(envelope.command ?? '')
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

  #miss(name: string): BusError {
    for (const [family, makeError] of this.#reserved) if (`${name}.`.startsWith(`${family}.`)) return makeError()
    return new BusError('UNKNOWN_COMMAND', { message: `Unknown command: ${name.slice(0, 64)}` })
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
    this.refusals.add(error.code)
    const command = this.find(envelope.command ?? '')?.name
    tellIncident(this.#incidents, connection, { kind: 'command', code: error.code, command })
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

/** What only few may do, and changes something. */
function isAudited({ role, isReadOnly }: AnyCommand<never>): boolean {
  return role !== 'user' && isReadOnly !== true
}
