import assert from 'node:assert/strict'
import { PerformanceObserver } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Runtime, WINDOW_MS } from '../../../src/telemetry/runtime.ts'
import { FakeClock } from '../../support/clock.ts'
import { usedHeapBytes } from '../../support/heap.ts'
import { until } from '../../support/until.ts'

function watch(t: TestContext): { readonly clock: FakeClock; readonly runtime: Runtime } {
  const clock = new FakeClock()
  const runtime = new Runtime(clock)
  t.after(() => runtime.close())
  return { clock, runtime }
}

/** Keeps the event loop from turning. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const majorRuns = (runtime: Runtime): number =>
  runtime.values().collections.find(({ kind }) => kind === 'major')?.runs ?? 0

test('memory, processor time and handles are those of the process', t => {
  const { runtime } = watch(t)
  const { memory, heapLimitBytes, cpu, handles } = runtime.values()
  assert.ok(memory.rss > memory.heapUsed && memory.heapUsed > 1_000_000)
  assert.ok(heapLimitBytes > memory.heapUsed)
  assert.ok(cpu.userSeconds > 0 && cpu.systemSeconds > 0)
  assert.ok(handles >= 0)
})

test('what holds up the event loop is seen in its delay and its utilization', async t => {
  const { clock, runtime } = watch(t)
  const before = runtime.values().loop.activeSeconds
  const seen: { delay: number; utilization: number }[] = []
  await until('the delay is seen', async () => {
    await pause(50)
    block(150)
    await pause(50)
    clock.advance(WINDOW_MS)
    const { loop } = runtime.values()
    assert.ok(loop.delayP50Seconds <= loop.delayP99Seconds && loop.delayP99Seconds <= loop.delayMaxSeconds)
    seen.push({ delay: loop.delayMaxSeconds, utilization: loop.utilization })
    return seen.some(({ delay, utilization }) => delay > 0.1 && utilization > 0.3)
  })
  assert.ok(runtime.values().loop.activeSeconds > before + 0.1)
})

test('readers who come within the window see the same numbers, and the next window begins anew', async t => {
  const { clock, runtime } = watch(t)
  await pause(50)
  clock.advance(WINDOW_MS)
  const { activeSeconds, ...first } = runtime.values().loop
  block(100)
  await pause(50)
  clock.advance(WINDOW_MS - 1)
  const { activeSeconds: later, ...second } = runtime.values().loop
  assert.deepEqual(second, first)
  assert.ok(later >= activeSeconds)
  clock.advance(1)
  const { activeSeconds: _, ...third } = runtime.values().loop
  assert.notDeepEqual(third, first)
})

test('garbage collections are counted and timed by kind', async t => {
  const { runtime } = watch(t)
  usedHeapBytes()
  await until('the collection is counted', () => majorRuns(runtime) > 0)
  const { collections } = runtime.values()
  assert.deepEqual(
    collections.map(({ kind }) => kind),
    ['minor', 'major', 'incremental', 'weak_callbacks', 'other']
  )
  assert.ok((collections.find(({ kind }) => kind === 'major')?.seconds ?? 0) > 0)
})

test('nothing is watched any more once it is closed', async t => {
  const { runtime } = watch(t)
  runtime.close()
  let seen = 0
  const observer = new PerformanceObserver(() => void seen++)
  observer.observe({ entryTypes: ['gc'] })
  t.after(() => observer.disconnect())
  usedHeapBytes()
  await until('another observer is told', () => seen > 0)
  assert.equal(majorRuns(runtime), 0)
})
