import type { ErrorCode } from '../errors.ts'
import type { Counts } from '../structures/counts.ts'
import type { RuntimeValues } from './runtime.ts'

/** The numbers of the engine, as it keeps them. */
export interface BusSource {
  readonly hub: { readonly size: number; readonly deliveredCount: number }
  readonly tallies: { readonly total: { readonly accepted: number; readonly messages: number } }
  readonly receivedCount: number
  readonly refusedCount: number
  readonly duplicateCount: number
  /** Error frames, by code. */
  readonly refusals: Counts<ErrorCode>
  readonly roster: {
    readonly slowConsumerCount: number
    readonly outboundBytes: number
    /** Connections that ended, by a close code of ours or of RFC 6455, else `other`. */
    readonly closes: Counts<string>
  }
  readonly channels: { readonly recoveries: Counts<'recovered' | 'not_recovered'> }
  readonly commands: {
    readonly refusals: Counts<ErrorCode>
    counts(): readonly { readonly name: string; readonly executions: number; readonly failures: number }[]
  }
  readonly isDraining: boolean
  readonly isUnderPressure: boolean
}

/** How the way to an engine outside of the process does. */
export interface EngineValues {
  readonly roundTripMs: number
  readonly reconnects: number
  readonly inFlight: number
  readonly gapsMended: number
  readonly gapsLost: number
  readonly peers: number
}

/** What the deliveries to other servers come to. */
export interface WebhookValues {
  readonly queued: number
  readonly inFlight: number
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[]
}

/** Everything that metrics are read from, at the moment of a scrape. What is undefined is not part of this server and counts as 0. */
export interface MetricSources {
  readonly version: string
  readonly uptimeSeconds: number
  readonly bus: BusSource
  /** Connections that hold a place. */
  readonly connections: number
  readonly limits: {
    readonly maxConnections: number
    readonly maxOutboundTotalBytes: number
    readonly maxHistoryTotalBytes: number
  }
  readonly world: { readonly rooms: number; readonly channels: number }
  readonly history: { readonly messages: number; readonly bytes: number }
  readonly decisions: readonly { readonly decision: string; readonly reason: string; readonly count: number }[]
  readonly probe: { readonly lastSeconds: number; readonly ageSeconds: number; readonly failures: number }
  readonly engine?: EngineValues | undefined
  readonly runtime: RuntimeValues
  readonly webhooks?: WebhookValues | undefined
  readonly cron?: { readonly jobs: number; readonly fired: number; readonly claimsLost: number } | undefined
  readonly store?: { readonly keys: number; readonly bytes: number } | undefined
  readonly telemetry?: { readonly connections: number; readonly sent: number; readonly dropped: number } | undefined
}

/** An HTTP request that was answered. */
export interface AnsweredRequest {
  readonly method: string
  readonly status: number
  readonly seconds: number
  /** What it was refused with. */
  readonly code?: ErrorCode | undefined
  /** Whether it asked for a socket. */
  readonly isHandshake: boolean
}
