import type { Access } from '../access.ts'
import type { Terminal } from '../terminal.ts'

/** How serious something is. */
export type Level = 'ok' | 'warn' | 'fail'

/** What one look told. */
export interface Finding {
  readonly check: string
  readonly level: Level
  readonly text: string
  /** What to do about it. */
  readonly advice?: string | undefined
}

/** What is looked at. */
export interface Patient {
  readonly terminal: Terminal
  readonly bus: Access
  readonly http: Access
  /** Where telemetry is; undefined: where the server says. */
  readonly telemetryUrl: URL | undefined
  readonly token: string | undefined
}

/** Nothing is wrong. */
export function ok(check: string, text: string): Finding {
  return { check, level: 'ok', text }
}

/** Something works and should be otherwise. */
export function warn(check: string, text: string, advice?: string): Finding {
  return { check, level: 'warn', text, advice }
}

/** Something does not work. */
export function fail(check: string, text: string, advice?: string): Finding {
  return { check, level: 'fail', text, advice }
}

/** The sentence of what was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
