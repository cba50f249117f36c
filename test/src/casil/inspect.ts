import { type Casil, createEngine, type Inspection } from '../../../src/casil/engine.ts'
import { compilePolicy, defaultPolicy, type Policy, type SecretRule } from '../../../src/casil/policy.ts'
import type { Verdict } from '../../../src/casil/verdict.ts'
import type { Json } from '../../../src/protocol/json.ts'

/** What a test changes of the default policy, which is switched on. */
export type Change = Partial<Policy>

/** An engine with a changed policy. */
export function engineOf(change: Change = {}, rules: readonly SecretRule[] = []): Casil {
  return createEngine(compilePolicy({ ...defaultPolicy, enabled: true, ...change }, rules))
}

/** A payload as a message to `secure:ops` brings it. */
export function inspection(payload: Json, change: Partial<Inspection> = {}): Inspection {
  const bytes = change.bytes ?? Buffer.byteLength(JSON.stringify(payload))
  return { room: 'secure', channel: 'ops', kind: 'data', payload, bytes, ...change }
}

/** The verdict of a changed policy on a payload. */
export function inspect(payload: Json, change: Change = {}, rules: readonly SecretRule[] = []): Verdict {
  return engineOf(change, rules).inspect(inspection(payload))
}

/** A rule that fails on the word `boom`; used with `secret_rules` on. */
export const failing: readonly SecretRule[] = [
  {
    name: 'boom',
    source: 'boom',
    check: () => {
      throw new Error('boom')
    }
  }
]
