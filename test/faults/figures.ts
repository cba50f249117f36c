import type { FaultKind, HistoryFault } from '../support/history-checker.ts'

/** What a scenario came to. Times are in milliseconds. */
export interface Figures {
  readonly seconds: number
  readonly acked: number
  readonly delivered: number
  readonly refused: number
  /** Codes of the refusals. */
  readonly codes: readonly string[]
  /** Longest time without any acknowledgement. */
  readonly gapMs: number
  /** Longest time that a refusal took. */
  readonly refusalMs: number
  /** From the moment at which all was well again until the next acknowledgement of something sent after it. */
  readonly recoveryMs: number
  readonly faults: readonly HistoryFault[]
  /** What else was measured, in words. */
  readonly notes: readonly string[]
}

const KINDS: readonly FaultKind[] = ['lost', 'duplicated', 'inverted', 'stale', 'phantom']

/** Several runs as one: sums, and the worst of what is no sum. */
export function sum(all: readonly Figures[]): Figures {
  const total = (of: (one: Figures) => number): number => all.reduce((so, one) => so + of(one), 0)
  const worst = (of: (one: Figures) => number): number => Math.max(0, ...all.map(of))
  return {
    seconds: total(one => one.seconds),
    acked: total(one => one.acked),
    delivered: total(one => one.delivered),
    refused: total(one => one.refused),
    codes: [...new Set(all.flatMap(one => one.codes))],
    gapMs: worst(one => one.gapMs),
    refusalMs: worst(one => one.refusalMs),
    recoveryMs: worst(one => one.recoveryMs),
    faults: all.flatMap(one => one.faults),
    notes: all.flatMap(one => one.notes)
  }
}

/** A Markdown table with a row for each scenario. */
export function tableOf(rows: readonly (readonly [name: string, figures: Figures])[]): string {
  const head = [
    'scenario',
    's',
    'acked',
    'delivered',
    'refused',
    'longest ack gap',
    'slowest refusal',
    'recovery',
    ...KINDS
  ]
  const lines = rows.map(([name, figures]) => [name, ...cellsOf(figures)])
  return [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** One line for people. */
export function lineOf({ notes, ...figures }: Figures): string {
  const { seconds, acked, delivered, refused, gapMs, refusalMs, recoveryMs, faults, codes } = figures
  return [
    `${Math.round(seconds)} s, ${acked} acknowledged, ${delivered} delivered, ${refused} refused (${codes.join(', ')})`,
    `longest ack gap ${Math.round(gapMs)} ms, slowest refusal ${Math.round(refusalMs)} ms, recovery ${Math.round(recoveryMs)} ms`,
    `${faults.length} faults`,
    ...notes
  ].join('; ')
}

function cellsOf({ seconds, acked, delivered, refused, gapMs, refusalMs, recoveryMs, faults }: Figures): string[] {
  const times = [gapMs, refusalMs, recoveryMs].map(ms => `${Math.round(ms)} ms`)
  const counts = KINDS.map(kind => String(faults.filter(fault => fault.kind === kind).length))
  return [String(Math.round(seconds)), String(acked), String(delivered), String(refused), ...times, ...counts]
}
