import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { AddressGuard } from './guard.ts'

/** Bounds the connections that wait for a name service which does not answer. */
const MAX_WAITING = 4096

type Callback = Parameters<LookupFunction>[2]
type Outcome = { readonly addresses: readonly LookupAddress[] } | { readonly error: Error }

/**
 * A lookup that gives an address only when every address of the host is allowed: one that is not refuses the host, so a
 * name cannot hide a forbidden address among public ones. The connection is made to the addresses given here, so a
 * later answer of the name service changes nothing. Who asks for a host that is being asked for shares the answer.
 */
export function createGuardedLookup(guard: AddressGuard, lookup: LookupFunction): LookupFunction {
  // Map( hostname -> those who wait for its addresses )
  const waiting = new Map<string, ((outcome: Outcome) => void)[]>()
  let count = 0

  function settle(hostname: string, outcome: Outcome): void {
    const callers = waiting.get(hostname) ?? []
    waiting.delete(hostname)
    count -= callers.length
    for (const tell of callers) tell(outcome)
  }

  function ask(hostname: string): void {
    const options: LookupAllOptions = { all: true }
    try {
      lookup(hostname, options, (error, answer) => settle(hostname, judge(guard, error, answer)))
    } catch {
      settle(hostname, refusal())
    }
  }

  return (hostname, { all }, callback) => {
    const tell = (outcome: Outcome): void => reply(outcome, all === true, callback)
    const callers = waiting.get(hostname)
    if (count >= MAX_WAITING) return process.nextTick(tell, refusal())
    count += 1
    if (callers !== undefined) {
      callers.push(tell)
      return
    }
    waiting.set(hostname, [tell])
    ask(hostname)
  }
}

function judge(guard: AddressGuard, error: Error | null, answer: Parameters<Callback>[1]): Outcome {
  const addresses = typeof answer === 'string' ? [{ address: answer, family: isIP(answer) }] : (answer ?? [])
  const isGood = error === null && addresses.length > 0 && addresses.every(({ address }) => guard.isAllowed(address))
  return isGood ? { addresses } : refusal()
}

function reply(outcome: Outcome, isAll: boolean, callback: Callback): void {
  if ('error' in outcome) {
    callback(outcome.error, [])
    return
  }
  const [first] = outcome.addresses
  if (isAll || first === undefined) callback(null, [...outcome.addresses])
  else callback(null, first.address, first.family)
}

/** The same for every reason: who reads it cannot tell a forbidden host from one that does not exist. */
function refusal(): Outcome {
  return { error: new Error('the host cannot be used') }
}
