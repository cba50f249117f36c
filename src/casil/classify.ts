/** What sort of message it is: `control` a command, `data` a message, an event or a private message. */
export type Kind = 'control' | 'telemetry' | 'data' | 'system' | 'unknown'

/** What inspection found; a flag that is not set is absent. */
export interface Flags {
  readonly contains_probable_secret?: true
  readonly oversize_payload?: true
  readonly partially_inspected?: true
}

/** How a message is classified, the same for the same input [casil.md, Classification]. Frozen and shared. */
export interface Classification {
  readonly kind: Kind
  readonly risk_level: 'low' | 'medium' | 'high'
  readonly flags: Flags
}

/** What inspection found, as far as it classifies. */
export interface Traits {
  readonly hasSecret: boolean
  readonly isOversize: boolean
  readonly isPartial: boolean
}

const kinds: readonly Kind[] = ['control', 'telemetry', 'data', 'system', 'unknown']

/** Every classification there is, by kind and then by traits. */
const table: ReadonlyMap<Kind, readonly Classification[]> = new Map(
  kinds.map(kind => [kind, Array.from({ length: 8 }, (_, index) => build(kind, traitsAt(index)))])
)

/** Classifies a message by its kind and by what was found in it. */
export function classify(kind: Kind, traits: Traits): Classification {
  return (table.get(kind) ?? table.get('unknown'))?.[indexOf(traits)] ?? build(kind, traits)
}

/** The classification of a message in which nothing was found, or that was not looked at. */
export function classifyClean(kind: Kind): Classification {
  return table.get(kind)?.[0] ?? build(kind, traitsAt(0))
}

function indexOf({ hasSecret, isOversize, isPartial }: Traits): number {
  return (hasSecret ? 4 : 0) + (isOversize ? 2 : 0) + (isPartial ? 1 : 0)
}

function traitsAt(index: number): Traits {
  return { hasSecret: (index & 4) !== 0, isOversize: (index & 2) !== 0, isPartial: (index & 1) !== 0 }
}

function build(kind: Kind, { hasSecret, isOversize, isPartial }: Traits): Classification {
  const flags: Flags = Object.freeze({
    ...(hasSecret && { contains_probable_secret: true as const }),
    ...(isOversize && { oversize_payload: true as const }),
    ...(isPartial && { partially_inspected: true as const })
  })
  return Object.freeze({ kind, risk_level: hasSecret ? 'high' : isOversize || isPartial ? 'medium' : 'low', flags })
}
