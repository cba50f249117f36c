// npm run bench:store [-- --quick --runs N]
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { spread } from './statistics.mjs'

const built = new URL('../dist/src/', import.meta.url)
if (!existsSync(built)) {
  console.error('bench: run "npm run build" first')
  process.exit(2)
}
const { createSystemClock } = await import(new URL('clock.js', built))
const { createMemoryStore } = await import(new URL('store/memory.js', built))

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, runs: { type: 'string' } }
})
const runs = Number(options.runs ?? (options.quick ? 3 : 9))
const batchMs = options.quick ? 50 : 300
const keyCounts = [100, 10_000]

const limits = {
  maxStoreKeys: 1_000_000,
  maxStoreKeyBytes: 256,
  maxStoreValueBytes: 65_536,
  maxStoreBytes: 2 ** 34,
  maxStoreTtlSeconds: 2_592_000,
  maxStorePage: 1000
}
const scope = { tenant: 'acme', namespace: 'lab' }
const text = JSON.stringify({ state: 'idle', note: 'x'.repeat(224) })

/** What is measured: each is given a store, a way to draw one of its keys, and the number of the operation. */
const operations = {
  set: (store, draw) => store.put(scope, draw(), text),
  'set with an end': (store, draw) => store.put(scope, draw(), text, { ttlMs: 3_600_000 }),
  'set a new key, delete it': async (store, _draw, turn) => {
    await store.put(scope, `new/${turn % 97}`, text)
    await store.delete(scope, `new/${turn % 97}`)
  },
  get: (store, draw) => store.get(scope, draw()),
  increment: store => store.increment(scope, 'count', 1),
  'list 100 keys': store => store.list(scope, { prefix: 'key/', limit: 100 })
}

/** Operations per second of one run on a fresh store. */
async function measure(operate, keyCount) {
  const store = createMemoryStore({ clock: createSystemClock(), limits })
  await store.open()
  const keys = Array.from({ length: keyCount }, (_, at) => `key/${(at * 7919) % keyCount}`)
  for (const key of keys) await store.put(scope, key, text)
  let at = 0
  const draw = () => {
    at += 31
    return keys[at % keyCount]
  }
  let count = 0
  const startMs = performance.now()
  let passedMs = 0
  while (passedMs < batchMs) {
    for (let turn = 0; turn < 64; turn++) await operate(store, draw, count++)
    passedMs = performance.now() - startMs
  }
  await store.close()
  return (count / passedMs) * 1000
}

function sayRate({ median, min, max }) {
  const [middle, low, high] = [median, min, max].map(rate => Math.round(rate).toLocaleString('en'))
  return `${middle} (${low}..${high})`
}

console.log(
  `Memory store, one process, values of ${Buffer.byteLength(text)} bytes; median of ${runs} runs (lowest..highest)\n`
)
console.log(`| operations per second | ${keyCounts.map(count => `${count.toLocaleString('en')} keys`).join(' | ')} |`)
console.log(`| --- |${' ---: |'.repeat(keyCounts.length)}`)
for (const [name, operate] of Object.entries(operations)) {
  const cells = []
  for (const keyCount of keyCounts) {
    await measure(operate, keyCount)
    const rates = []
    for (let run = 0; run < runs; run++) rates.push(await measure(operate, keyCount))
    cells.push(sayRate(spread(rates)))
  }
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
