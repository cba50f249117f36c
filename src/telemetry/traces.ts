import {
  type Attributes,
  createTraceState,
  isSpanContextValid,
  ProxyTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace
} from '@opentelemetry/api'
import type { BusError } from '../errors.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { RoutedType, Stamped } from '../protocol/message.ts'
import { type TraceContext, traceFields, traceOf, traceOfText } from '../protocol/trace.ts'
import { VERSION } from '../version.ts'

/** What of an outcome a span tells. */
interface Published {
  readonly message: Stamped
  readonly isDuplicate: boolean
}

type Answer<Outcome> = (error: BusError | undefined, outcome: Outcome | undefined) => void

/** What of a posted message a span tells. */
export interface PostedMessage {
  readonly messageId: string
  readonly room: string
  readonly channel: string
  readonly trace: TraceContext | undefined
}

/** An attempt to post, while it lasts. */
export interface AttemptSpan {
  /** What the request is to carry. */
  readonly trace: TraceContext | undefined
  end(result: { readonly outcome: string; readonly status: number | undefined }): void
}

const NAME = 'arqonbus'
const SYSTEM = { 'messaging.system': NAME } as const
/** The flag of a trace that is recorded; the others say nothing about a child. */
const SAMPLED = 1

/**
 * Spans of what happens to messages, by the OpenTelemetry API alone: until somebody in the process registers a provider of tracers it
 * is off, and nothing is made. No span holds content, names of clients or URLs.
 */
export class Traces {
  #tracer: Tracer = trace.getTracer(NAME, VERSION)
  #isOn = !(this.#tracer instanceof ProxyTracer)

  /** Whether spans are made. Whoever works for many messages a second asks before calling anything else. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Finds out whether there is a provider of tracers by now, and whether it is still there. */
  refresh(): void {
    this.#tracer = trace.getTracer(NAME, VERSION)
    this.#isOn = !(this.#tracer instanceof ProxyTracer)
  }

  /**
   * Has a message published within a span `arqonbus.publish`, which goes on the trace that its metadata name, or begins one. The
   * metadata that are published name the span, so that receivers go on from there.
   * @param run publishes what it is given; it calls the answer that it is given exactly once
   */
  publish<Outcome extends Published>(
    envelope: Envelope,
    type: RoutedType,
    answer: Answer<Outcome>,
    run: (envelope: Envelope, answer: Answer<Outcome>) => void
  ): void {
    const parent = traceOf(envelope.metadata)
    const span = this.#start('arqonbus.publish', SpanKind.PRODUCER, parent, { 'arqonbus.message.type': type })
    run(withTrace(envelope, contextOf(span)), (error, outcome) => {
      if (outcome) span.setAttributes(attributesOf(outcome.message))
      if (outcome?.isDuplicate) span.setAttribute('arqonbus.duplicate', true)
      if (error) fail(span, error.code)
      span.end()
      answer(error, outcome)
    })
  }

  /**
   * Begins a span `arqonbus.deliver`, the child of the one that published the message, and returns how to end it: with the number of
   * connections that it was handed to. Undefined for what is in no trace, such as notices of the server's own.
   */
  startDelivery(message: Stamped): ((members: number) => void) | undefined {
    const parent = traceOfText(message.metadata)
    if (parent === undefined) return undefined
    const attributes = { ...attributesOf(message), 'arqonbus.message.type': message.type }
    const span = this.#start('arqonbus.deliver', SpanKind.CONSUMER, parent, attributes)
    return members => {
      span.setAttribute('arqonbus.members', members)
      span.end()
    }
  }

  /** Begins a span `arqonbus.webhook`, the child of the one that published the message. `attempt` counts from 1. */
  startAttempt(message: PostedMessage, ruleId: string, attempt: number): AttemptSpan {
    const span = this.#start('arqonbus.webhook', SpanKind.CLIENT, message.trace, {
      ...attributesOf({ ...message, id: message.messageId }),
      'arqonbus.webhook.rule_id': ruleId,
      'arqonbus.webhook.attempt': attempt
    })
    return {
      trace: contextOf(span) ?? message.trace,
      end({ outcome, status }) {
        span.setAttribute('arqonbus.webhook.outcome', outcome)
        if (status !== undefined) span.setAttribute('http.response.status_code', status)
        if (outcome !== 'ok') fail(span, outcome)
        span.end()
      }
    }
  }

  #start(name: string, kind: SpanKind, parent: TraceContext | undefined, attributes: Attributes): Span {
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT
    return this.#tracer.startSpan(name, { kind, attributes: { ...SYSTEM, ...attributes } }, context)
  }
}

function attributesOf({ id, room, channel }: Pick<Stamped, 'id' | 'room' | 'channel'>): Attributes {
  const destination = channel === '' ? room : `${room}:${channel}`
  return {
    'messaging.message.id': id,
    ...(destination === '' ? {} : { 'messaging.destination.name': destination })
  }
}

function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

/** The same message, in the trace that its metadata name then; with a span of nobody's it stays as it is. */
function withTrace(envelope: Envelope, own: TraceContext | undefined): Envelope {
  if (own === undefined) return envelope
  const { traceparent: _parent, tracestate: _state, ...metadata } = envelope.metadata
  return { ...envelope, metadata: { ...metadata, ...traceFields(own) }, metadataText: undefined }
}

function contextOf(span: Span): TraceContext | undefined {
  const context = span.spanContext()
  if (!isSpanContextValid(context)) return undefined
  const flags = `${context.traceFlags & SAMPLED}`.padStart(2, '0')
  return {
    traceparent: `00-${context.traceId}-${context.spanId}-${flags}`,
    tracestate: context.traceState?.serialize() || undefined
  }
}

function spanContextOf({ traceparent, tracestate }: TraceContext) {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-')
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & SAMPLED,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) })
  }
}
