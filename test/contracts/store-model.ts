import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOf, type StoreLimits } from '../../src/store/limits.ts'
import type { Change, Store } from '../../src/store/store.ts'
import { FakeClock } from '../support/clock.ts'
import { until } from '../support/until.ts'

const limits: StoreLimits = {
  maxStoreKeys: 4,
  maxStoreKeyBytes: 16,
  maxStoreValueBytes: 6,
  maxStoreBytes: 24,
  maxStoreTtlSeconds: 10,
  maxStorePage: 3
}

/** The store as one would write it without a thought for speed: every key in one list, everything looked at each time. */
class Model {
  entries: { key: string; text: string; version: number; endMs: number }[] = []
  nowMs = 0

  find(key: string) {
    return this.entries.find(entry => entry.key === key)
  }

  get bytes(): number {
    return this.entries.reduce((sum, { key, text }) => sum + bytesOf(key, text), 0)
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.entries = this.entries.filter(({ endMs }) => endMs > this.nowMs)
  }

  /** Why a write is refused, if it is. */
  refusal(key: string, text: string, ifVersion?: number): string | undefined {
    if (Buffer.byteLength(text) > limits.maxStoreValueBytes) return 'LIMIT_EXCEEDED'
    const old = this.find(key)
    if (ifVersion !== undefined && ifVersion !== (old?.version ?? 0)) return 'CONFLICT'
    const bytes = this.bytes + bytesOf(key, text) - (old ? bytesOf(key, old.text) : 0)
    const isFull = !old && this.entries.length >= limits.maxStoreKeys
    return isFull || bytes > limits.maxStoreBytes ? 'LIMIT_EXCEEDED' : undefined
  }

  write(key: string, text: string, version: number, endMs: number): void {
    this.remove(key)
    this.entries.push({ key, text, version, endMs })
  }

  remove(key: string): void {
    this.entries = this.entries.filter(entry => entry.key !== key)
  }
}

const key = fc.constantFrom('a', 'ab', 'abc', 'b', '__proto__', 'é')
const text = fc.constantFrom('1', '-7', '"x"', 'null', '"xxxx"', '"xxxxx"', '9007199254740991', '[]')
/** Which version a write is for: any, none, the present one, or an earlier one. */
const guard = fc.constantFrom('any', 'absent', 'present', 'stale')
const ttlMs = fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined })

const step = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, text, guard, ttlMs }),
  fc.record({ kind: fc.constant('delete' as const), key, guard }),
  fc.record({ kind: fc.constant('increment' as const), key, by: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3000 }) }),
  fc.record({
    kind: fc.constant('list' as const),
    prefix: fc.constantFrom('', 'a', 'ab', '_'),
    limit: fc.integer({ min: 1, max: 3 })
  })
)

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** The port as a property: a store whose time the test turns, and a list that does the same in the plainest way. */
export function storeModelContract(
  name: string,
  make: (limits: StoreLimits, clock: FakeClock) => Store,
  numRuns: number
): void {
  test(`${name}: the store does what a plain list of keys would do, whatever is asked in whatever order`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const clock = new FakeClock()
        const store = make(limits, clock)
        const scope = { tenant: `t-${randomUUID()}`, namespace: 'lab' }
        await store.open()
        const model = new Model()
        const told: Change[] = []
        const seen = new Map<string, number>()
        await store.watch(scope, '', change => told.push(change))
        const versionFor = (of: string, wanted: string) => {
          const present = model.find(of)?.version ?? 0
          if (wanted === 'any') return undefined
          if (wanted === 'absent') return 0
          return wanted === 'present' ? present : (seen.get(of) ?? 1) - 1
        }
        const note = (of: string, version: number) => {
          assert.ok(version > (seen.get(of) ?? 0), 'the version has grown')
          seen.set(of, version)
        }

        for (const one of steps) {
          if (one.kind === 'put') {
            const ifVersion = versionFor(one.key, one.guard)
            const refusal = model.refusal(one.key, one.text, ifVersion)
            const work = store.put(scope, one.key, one.text, { ttlMs: one.ttlMs, ifVersion })
            assert.equal(await codeOf(work), refusal)
            if (refusal === undefined) {
              const { version, created } = await work
              assert.equal(created, model.find(one.key) === undefined)
              note(one.key, version)
              model.write(one.key, one.text, version, model.nowMs + (one.ttlMs ?? Infinity))
            }
          } else if (one.kind === 'delete') {
            const ifVersion = versionFor(one.key, one.guard)
            const old = model.find(one.key)
            const work = store.delete(scope, one.key, { ifVersion })
            const isConflict = ifVersion !== undefined && ifVersion !== (old?.version ?? 0)
            assert.equal(await codeOf(work), isConflict ? 'CONFLICT' : undefined)
            if (!isConflict) assert.equal(await work, old !== undefined)
            if (!isConflict) model.remove(one.key)
          } else if (one.kind === 'increment') {
            const old = model.find(one.key)
            const before: unknown = JSON.parse(old?.text ?? '0')
            const value = Number(before) + one.by
            const isCount = Number.isSafeInteger(before)
            const sumRefusal = Number.isSafeInteger(value) ? model.refusal(one.key, String(value)) : 'LIMIT_EXCEEDED'
            const refusal = isCount ? sumRefusal : 'CONFLICT'
            const work = store.increment(scope, one.key, one.by)
            assert.equal(await codeOf(work), refusal)
            if (refusal === undefined) {
              const counted = await work
              assert.equal(counted.value, value)
              note(one.key, counted.version)
              model.write(one.key, String(value), counted.version, old?.endMs ?? Infinity)
            }
          } else if (one.kind === 'pass') {
            clock.advance(one.ms)
            model.pass(one.ms)
          } else {
            const all = model.entries.map(entry => entry.key).filter(name => name.startsWith(one.prefix))
            const pages: string[] = []
            let cursor: string | undefined
            do {
              const page = await store.list(scope, { prefix: one.prefix, cursor, limit: one.limit })
              assert.ok(page.keys.length === one.limit || page.cursor === undefined)
              pages.push(...page.keys)
              cursor = page.cursor
            } while (cursor !== undefined)
            assert.deepEqual(pages, all.sort())
          }

          assert.deepEqual(await store.stats(scope.tenant), { keys: model.entries.length, bytes: model.bytes })
          for (const { key: name, text: held, version } of model.entries) {
            assert.deepEqual(await store.get(scope, name), { text: held, version })
          }
        }

        const expected = model.entries.map(({ key, text }) => `${key} ${text}`).sort()
        await until('all is told', () => {
          const present = replay(told).map(entry => entry.join(' '))
          return JSON.stringify(present.sort()) === JSON.stringify(expected)
        })
        await store.close()
        clock.advance(60_000)
        assert.equal(clock.pending, 0, 'nothing goes on')
      }),
      { numRuns, includeErrorInReport: true }
    )
  })
}

/** What is there after all that was told. */
function replay(told: readonly Change[]): (readonly [key: string, text: string])[] {
  const present = new Map<string, string>()
  const last = new Map<string, number>()
  for (const { key, version, text } of told) {
    assert.ok(version > (last.get(key) ?? 0), 'changes of a key come in order')
    last.set(key, version)
    if (text === undefined) assert.ok(present.delete(key), 'only what is there goes')
    else present.set(key, text)
  }
  return [...present]
}
