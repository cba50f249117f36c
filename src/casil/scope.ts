import { compileGlob, type Matcher } from '../structures/glob.ts'

/** What scopes are matched against: `room:channel`, or whichever exists; empty when neither does [casil.md, Scope]. */
export function targetOf(room: string, channel: string): string {
  return room !== '' && channel !== '' ? `${room}:${channel}` : room || channel
}

/**
 * Compiles patterns of targets: one that ends in `*` is a prefix, any other a glob in which `*` crosses `:`. Case-sensitive, on
 * the whole target. No pattern matches nothing.
 */
export function compileTargets(patterns: readonly string[]): Matcher {
  const matchers = patterns.map(compileTarget)
  return target => matchers.some(matches => matches(target))
}

function compileTarget(pattern: string): Matcher {
  if (!pattern.endsWith('*')) return compileGlob(pattern)
  const prefix = pattern.slice(0, -1)
  return target => target.startsWith(prefix)
}

/** Compiles a scope: `exclude` wins, an empty `include` means everything, and no target is inspected nowhere. */
export function compileScope(include: readonly string[], exclude: readonly string[]): Matcher {
  const isIncluded = include.length === 0 ? () => true : compileTargets(include)
  const isExcluded = compileTargets(exclude)
  return target => target !== '' && !isExcluded(target) && isIncluded(target)
}
