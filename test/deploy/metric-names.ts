import type { TestContext } from 'node:test'
import { startServer } from '../helper.ts'
import { readMetrics } from '../support/metrics.ts'

/** What a server says of its metrics: the kind of each, by name. */
export async function metricKinds(t: TestContext): Promise<Map<string, string>> {
  const { httpUrl } = await startServer(t)
  const text = await (await fetch(`${httpUrl}/metrics`)).text()
  return new Map([...readMetrics(text)].map(([name, { kind }]) => [name, kind]))
}

/** The metrics that a text names; parts of a histogram stand for it. */
export function namesIn(text: string): Set<string> {
  const names = text.match(/(?<!\w)arqonbus_[a-z0-9_]+/g) ?? []
  return new Set(names.map(name => name.replace(/_(bucket|sum|count)$/, '')))
}
