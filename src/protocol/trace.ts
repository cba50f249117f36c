import type { JsonObject } from './json.ts'

/** Where a message belongs in a trace, as W3C Trace Context writes it. */
export interface TraceContext {
  readonly traceparent: string
  /** What makers of tracing systems add; undefined when there is nothing. */
  readonly tracestate: string | undefined
}

/** `version-trace id-parent id-flags`; an id of noughts, and the version `ff`, are not valid. */
const parentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const statePattern = /^[\x20-\x7e]{1,512}$/

/**
 * The trace that metadata of a message, or headers of a request, name; undefined when they name none, or none that is valid. What
 * it returns is fit to be sent as headers.
 */
export function traceOf({ traceparent, tracestate }: Readonly<Record<string, unknown>>): TraceContext | undefined {
  if (typeof traceparent !== 'string' || !parentPattern.test(traceparent)) return undefined
  const isState = typeof tracestate === 'string' && statePattern.test(tracestate)
  return { traceparent, tracestate: isState ? tracestate : undefined }
}

/** The same of the JSON text of an object, which is parsed only if it can name a trace. */
export function traceOfText(metadata: string): TraceContext | undefined {
  return metadata.includes('"traceparent"') ? traceOf(JSON.parse(metadata) as Record<string, unknown>) : undefined
}

/** The headers, or members of metadata, that name a trace. */
export function traceFields({ traceparent, tracestate }: TraceContext): Readonly<Record<string, string>> {
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate }
}

/** Metadata of a message that came with a request: unless they name a trace themselves, they name that of its headers, if there is one. */
export function inTraceOf(
  headers: Readonly<Record<string, unknown>>,
  metadata: JsonObject | undefined
): JsonObject | undefined {
  const trace = metadata?.traceparent === undefined ? traceOf(headers) : undefined
  return trace === undefined ? metadata : { ...metadata, ...traceFields(trace) }
}
