import type { Clock } from '../clock.ts'
import { BlockError, BusError, type ErrorCode } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { type Decode, FrameError } from '../protocol/codec.ts'
import type { ClientType, Envelope } from '../protocol/envelope.ts'
import type { RoutedType } from '../protocol/message.ts'
import { acknowledgementText, blockText, errorText, pongText } from '../protocol/replies.ts'
import { Counts } from '../structures/counts.ts'
import type { Signal } from '../structures/signal.ts'
import type { CommandTable } from './command-table.ts'
import type { Connection } from './connection.ts'
import type { Answer, Engine, Outcome, Source } from './draft.ts'
import { tellIncident } from './incidents.ts'

/** What handling a frame needs. */
export interface ReceiverOptions extends Pick<Engine, 'incidents'> {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly decode: Decode
  readonly commands: CommandTable
  /** Told of every message, event and command before it is worked on. */
  readonly frames: Signal<[connection: Connection, envelope: Envelope]>
  readonly publish: (source: Source, envelope: Envelope, type: RoutedType, answer: Answer) => void
}

/** What clients do, as far as others may be told of it. */
const reported: ReadonlySet<ClientType> = new Set(['message', 'event', 'private', 'command'])

type Handler = (connection: Connection, envelope: Envelope) => void | Promise<void>

/** Acts on frames from clients: decodes, dispatches by type, and answers what is refused. Nothing it does throws. */
export class Receiver {
  readonly #options: ReceiverOptions
  readonly #handlers: Readonly<Record<ClientType, Handler>>
  /** Frames from clients, and refusals sent to them, since the start. */
  receivedCount = 0
  refusedCount = 0
  /** The refusals, by code. */
  readonly refusals = new Counts<ErrorCode>()
  /** Messages that had been published before. */
  duplicateCount = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
    const publish: Handler = (connection, envelope) => this.#publish(connection, envelope)
    const ignore: Handler = () => {}
    this.#handlers = {
      message: publish,
      event: publish,
      private: publish,
      system: publish,
      telemetry: publish,
      command: (connection, envelope) => options.commands.execute(connection, envelope),
      ping: (connection, envelope) => connection.send(pongText(this.#header(), envelope.id)),
      pong: ignore,
      response: ignore,
      error: ignore
    }
  }

  /** Works on one text frame. A promise settles when the next frame may be worked on. */
  receive(connection: Connection, text: string): void | Promise<void> {
    this.receivedCount++
    let envelope: Envelope
    try {
      envelope = this.#options.decode(text)
    } catch (error) {
      this.refuse(connection, undefined, error)
      connection.violate()
      return
    }
    const { frames } = this.#options
    if (frames.isHeard && reported.has(envelope.type)) frames.emit(connection, envelope)
    return this.#handlers[envelope.type](connection, envelope)
  }

  /** Answers a frame that came in spite of a long pause with RATE_LIMITED instead of working on it. */
  refuseRate(connection: Connection, text: string): void {
    let requestId: string | undefined
    try {
      requestId = this.#options.decode(text).id
    } catch (error) {
      requestId = error instanceof FrameError ? error.requestId : undefined
    }
    this.refuse(
      connection,
      requestId,
      new BusError('RATE_LIMITED', { message: 'Sending faster than allowed', retryAfterMs: 1000 })
    )
  }

  /** Binary frames are not part of the protocol. */
  refuseBinary(connection: Connection): void {
    this.receivedCount++
    this.refuse(connection, undefined, new BusError('INFRA_PROTOCOL_ERROR'))
    connection.violate()
  }

  /** Sends an error frame. The text of an unexpected error stays in the log, under a reference. */
  refuse(connection: Connection, requestId: string | undefined, error: unknown): void {
    this.refusedCount++
    const id = requestId ?? (error instanceof FrameError ? error.requestId : undefined)
    const explained = this.#explain(error)
    this.refusals.add(explained.code)
    tellIncident(this.#options.incidents, connection, { kind: 'frame', code: explained.code })
    if (explained instanceof BlockError) connection.send(blockText(this.#header(), id, explained))
    else connection.send(errorText(this.#header(), id, explained))
  }

  #publish(connection: Connection, envelope: Envelope): void {
    this.#options.publish(connection, envelope, envelope.type as RoutedType, (error, outcome) => {
      if (outcome?.isDuplicate) this.duplicateCount++
      if (outcome === undefined) this.#refuseMessage(connection, envelope, error)
      else if (envelope.ack !== false && envelope.type !== 'telemetry') this.#acknowledge(connection, envelope, outcome)
    })
  }

  #refuseMessage(connection: Connection, envelope: Envelope, error: BusError | undefined): void {
    this.refuse(connection, envelope.id, error)
    if (error?.code === 'VALIDATION_ERROR') connection.violate()
  }

  #acknowledge(connection: Connection, envelope: Envelope, outcome: Outcome): void {
    const { message, position, isDuplicate, missing } = outcome
    let payload = envelope.ack === true ? '{}' : message.payload
    if (missing.length > 0) payload = withMissing(payload, missing)
    connection.send(acknowledgementText(message, this.#options.clock.iso(), payload, position, isDuplicate))
  }

  #explain(error: unknown): BusError {
    if (error instanceof BusError) return error
    const reference = this.#options.ids.short()
    this.#options.log.error({ err: error, reference }, 'a frame could not be handled')
    return new BusError('INTERNAL_ERROR', { message: `Internal error (error ${reference})`, cause: error })
  }

  #header() {
    return { id: this.#options.ids.message(), timestamp: this.#options.clock.iso() }
  }
}

/** The payload, with the targets that were not reached. */
function withMissing(payload: string, missing: readonly string[]): string {
  return JSON.stringify({ ...(JSON.parse(payload) as object), missing })
}
