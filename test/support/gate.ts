import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { BusEvent } from '../../src/bus/events.ts'
import { type Author, type Content, Gate } from '../../src/bus/gate.ts'
import { defaultPolicy, type Policy } from '../../src/casil/policy.ts'
import { secretRules } from '../../src/casil/rules/index.ts'
import { BlockError } from '../../src/errors.ts'
import { createLogger } from '../../src/log.ts'
import type { Json } from '../../src/protocol/json.ts'
import type { Records } from '../../src/structures/records.ts'
import { FakeClock } from './clock.ts'

/** What the default patterns take for a probable secret. */
export const KEY = 'sk_live_00000000'

export const ada = authorOf('arq_client_ada')
export const bob = authorOf('arq_client_bob')

/** What blocks a {@link KEY}. */
export const blocking: Partial<Policy> = { enabled: true, mode: 'enforce', block_on_probable_secret: true }

/** Somebody of the tenant `default`. */
export function authorOf(id: string): Author {
  return { id, identity: { tenant: 'default' } }
}

/** A gate on a clock that stands still, with what it wrote and told. */
export function setGate(t: TestContext, policy: Partial<Policy> = {}, records?: Records) {
  const clock = new FakeClock()
  const lines: Record<string, unknown>[] = []
  const events: BusEvent[] = []
  const log = createLogger({ logLevel: 'debug', pretty: false }, { write: line => void lines.push(JSON.parse(line)) })
  const gate = new Gate({
    policy: { ...defaultPolicy, ...policy },
    rules: secretRules,
    clock,
    log,
    emit: event => void events.push(event),
    records
  })
  t.after(() => gate.close())
  return { gate, clock, lines, events }
}

/** Content on its way to `secure-vault:ops`, or wherever it is said. */
export function contentOf(payload: Json, place: Partial<Content> = {}): Content {
  return { room: 'secure-vault', channel: 'ops', kind: 'data', payload, text: undefined, ...place }
}

/** What JSON cannot hold, so that inspection fails. */
export function brokenContent(): Content {
  const payload = {
    get text(): string {
      throw new Error('not to be read')
    }
  }
  return contentOf(payload, { text: '{}' })
}

/** The refusal of content that Ada sends. */
export function blockOf(gate: Gate, content: Content): BlockError {
  try {
    gate.pass(content, ada)
  } catch (error) {
    if (error instanceof BlockError) return error
    throw error
  }
  assert.fail('it is let through')
}
