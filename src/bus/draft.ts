import type { Identity } from '../auth/identity.ts'
import type { Broker } from '../broker/broker.ts'
import type { Verdict } from '../casil/verdict.ts'
import type { Clock } from '../clock.ts'
import type { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { Position, RoutedType, Stamped } from '../protocol/message.ts'
import type { ChannelRecord, Registry } from '../rooms/registry.ts'
import type { Signal } from '../structures/signal.ts'
import type { Traces } from '../telemetry/traces.ts'
import type { BusEvents } from './events.ts'
import type { Gate } from './gate.ts'
import type { Incidents } from './incidents.ts'

/** What the stages work with. */
export interface Engine {
  readonly clock: Clock
  readonly ids: Ids
  readonly registry: Registry
  readonly broker: Broker
  readonly gate: Gate
  /** Told of what happens, without content. */
  readonly events: BusEvents
  /** Told of what operators may have to look for. */
  readonly incidents?: Incidents
  /** What makes spans of messages, while somebody collects them. */
  readonly traces?: Traces
  /** Told of every stored message, once its sender was. */
  readonly published: Signal<[message: Stamped, position: Position]>
}

/** Whoever publishes: a connection, or a part of the server acting for somebody. */
export interface Source {
  /** What receivers see as the sender. */
  readonly id: string
  readonly identity: Identity
}

/** What became of a message that was accepted. */
export interface Outcome {
  readonly message: Stamped
  /** Undefined for what is not stored. */
  readonly position: Position | undefined
  readonly isDuplicate: boolean
  /** Targets of a private message that are connected nowhere. */
  readonly missing: readonly string[]
}

/** Called exactly once per message: with the reason why it was refused, or with its outcome. */
export type Answer = (error: BusError | undefined, outcome: Outcome | undefined) => void

/** A message on its way through the stages; each fills in what it decides. */
export class Draft {
  readonly source: Source
  readonly envelope: Envelope
  readonly answer: Answer
  readonly type: RoutedType
  /** The channel, or the room as a whole; undefined for private messages and for the whole tenant. */
  record: ChannelRecord | undefined
  room = ''
  channel = ''
  to: readonly string[] = []
  /** What inspection said; undefined when nothing is inspected. */
  verdict: Verdict | undefined
  message: Stamped | undefined

  constructor(source: Source, envelope: Envelope, type: RoutedType, answer: Answer) {
    this.source = source
    this.envelope = envelope
    this.type = type
    this.answer = answer
  }
}
