import { closeTable } from '../errors.ts'
import { Signal } from '../structures/signal.ts'
import type { Source } from './draft.ts'

/** Something that an operator may have to look for afterwards: a refusal, slow work, a connection that was ended. Never with content. */
export interface Incident {
  /** What it befell. */
  readonly kind: 'frame' | 'command' | 'publish' | 'connection'
  /** What happened: a code of `src/errors.ts`, a close code, or {@link SLOW}. */
  readonly code: string
  readonly tenant: string
  readonly clientId: string
  /** Name of the command, if there is one of this name. */
  readonly command?: string | undefined
  readonly durationMs?: number
}

/** Whoever wants to know of incidents listens here. */
export type Incidents = Signal<[incident: Incident]>

/** The code of what was done, and took too long. */
export const SLOW = 'SLOW'
/** Longer than this, and a command, or the work that a message is for this node, is slow. */
export const SLOW_COMMAND_MS = 250
export const SLOW_PUBLISH_MS = 100

/** Ends that are nobody's fault: the normal one, a drain, a token that expired. */
const harmless: ReadonlySet<number> = new Set([1000, 1012, 4410])

/** Makes the one signal of a process. */
export function createIncidents(): Incidents {
  return new Signal()
}

/** Tells of what befell a source. */
export function tellIncident(
  incidents: Incidents | undefined,
  { id, identity }: Source,
  what: Omit<Incident, 'tenant' | 'clientId'>
): void {
  incidents?.emit({ ...what, tenant: identity.tenant, clientId: id })
}

/** Whether a connection that ended with the code did so for a reason that is worth a word. */
export function isIncident(closeCode: number): boolean {
  return Object.hasOwn(closeTable, closeCode) && !harmless.has(closeCode)
}
