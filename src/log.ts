import { createRequire } from 'node:module'
import {
  type BaseLogger,
  type DestinationStream,
  type LogFn,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions
} from 'pino'
import type { Config } from './config.ts'
import { CENSORED, censor, secretKeys } from './log/redaction.ts'
import { sayError, serializers } from './log/serializers.ts'

/** What the parts of the server need of a logger. */
export interface Log extends Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'> {
  /** A logger that adds `bindings` to every line. */
  child(bindings: Record<string, unknown>): Log
}

/** How the log is written. */
export interface LogOptions {
  readonly logLevel: Config['logLevel']
  /** Whether lines are made for a person at a terminal. Without the package that does it they stay JSON. */
  readonly pretty: boolean
  /** Loads that package; throws if it is not installed. */
  readonly loadPretty?: () => Prettifier
}

/** Makes a stream that turns lines of JSON into lines for people. */
export type Prettifier = (options: {
  destination: DestinationStream | 1
  sync: true
  ignore: string
}) => DestinationStream

const settings: LoggerOptions = {
  base: { service: 'arqonbus' },
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: label => ({ level: label }), log: censor },
  // What a child binds does not pass the formatter. Deeper paths would make every line ten times as dear.
  redact: { paths: secretKeys.map(key => `["${key}"]`), censor: CENSORED },
  serializers,
  hooks: { logMethod: hideQuotation }
}

/**
 * The log of the process: one JSON object per line, with ISO time and the level in words, to `destination`, by default the
 * standard output. Tokens, secrets, payloads and query strings do not get into it [limits.md, P19]. A child adds the name of the
 * node.
 */
export function createLogger(options: LogOptions, destination?: DestinationStream): Logger {
  const makePretty = options.pretty ? findPretty(options.loadPretty ?? loadPretty) : undefined
  const stream = makePretty?.({ destination: destination ?? 1, sync: true, ignore: 'service' }) ?? destination
  const level = { ...settings, level: options.logLevel }
  return stream === undefined ? pino(level) : pino(level, stream)
}

function findPretty(load: () => Prettifier): Prettifier | undefined {
  try {
    return load()
  } catch {
    return undefined
  }
}

function loadPretty(): Prettifier {
  return createRequire(import.meta.url)('pino-pretty')
}

/** Keeps the text of an error out of the line's own text too, which is the error's when there is no other. */
function hideQuotation(this: Logger, args: Parameters<LogFn>, log: LogFn): void {
  const [first, text, ...rest]: unknown[] = args
  const error = first instanceof Error ? first : errorOf(first)
  const isQuoted = error instanceof SyntaxError && (text === undefined || text === error.message)
  log.apply(this, isQuoted ? [first, sayError(error), ...rest] : args)
}

function errorOf(line: unknown): unknown {
  return typeof line === 'object' && line !== null && 'err' in line ? line.err : undefined
}
