import type { Publication } from '../protocol/publication.ts'

/**
 * The first message whose `metadata.sequence` is not above that of the message before it from the same sender in the same
 * channel; undefined when all numbers grow. Messages that carry no number do not count.
 */
export function findRegression(publications: readonly Publication[]): Publication | undefined {
  /** Map( channel and sender -> last number ) */
  const last = new Map<string, number>()
  return publications.find(({ message }) => {
    const { sequence } = JSON.parse(message.metadata) as { sequence?: unknown }
    if (typeof sequence !== 'number') return false
    const line = `${message.key} ${message.sender}`
    const isRegression = sequence <= (last.get(line) ?? 0)
    last.set(line, sequence)
    return isRegression
  })
}
