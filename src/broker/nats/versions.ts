/** What a server of some version lacks. */
export interface Absences {
  /** Why the server cannot be used at all; undefined when it can. */
  readonly fault: string | undefined
  /** Sentences on what is weaker than with a newer server. */
  readonly absent: readonly string[]
}

const FLOOR = '2.9.10'
const REPLICATED_FLOOR = '2.10.0'
const RECOMMENDED = '2.12.7'

/** What a server lacks for so many replicas [cluster.md]. */
export function findAbsences(version: string, replicas: number): Absences {
  if (isOlder(version, FLOOR)) return { fault: `NATS ${version} is too old: ${FLOOR} or newer is needed`, absent: [] }
  if (replicas > 1 && isOlder(version, REPLICATED_FLOOR)) {
    return {
      fault: `NATS ${version} is too old for ${replicas} replicas: ${REPLICATED_FLOOR} or newer is needed`,
      absent: []
    }
  }
  const absent: string[] = []
  if (isOlder(version, RECOMMENDED)) absent.push(`${RECOMMENDED} or newer is recommended`)
  if (replicas === 1) absent.push('one server holds each message, so its disk is all there is')
  return { fault: undefined, absent }
}

/** Whether a version of the server came before another. */
export function isOlder(version: string, than: string): boolean {
  const [own, other] = [version, than].map(text => text.split(/[.-]/).map(Number))
  for (let part = 0; part < 3; part++) {
    const difference = (own?.[part] ?? 0) - (other?.[part] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
