import { setTimeout as sleep } from 'node:timers/promises'
import { Connections } from './connections.mjs'
import { Histogram } from './histogram.mjs'
import { Ledger } from './ledger.mjs'
import { readCounter, StampFinder } from './stamp.mjs'
import { openWindow } from './usage.mjs'
import { settleMs, warmupEnd } from './warmup.mjs'

/** Two connections, each a member of its own room: `call` sends one message and hears when the answer is back. */
class Echo {
  latencies = new Histogram()
  ledger = new Ledger(2)
  rounds = 0
  #caller
  #forth
  #onAnswered = () => {}

  constructor([caller, answerer], [forth, back]) {
    this.#caller = caller
    this.#forth = forth
    const finder = new StampFinder()
    const hasArrived = (pair, bytes, start, stop) => {
      const at = finder.find(bytes, start, stop)
      return at >= 0 && this.ledger.note(pair, readCounter(bytes, at))
    }
    answerer.onText = (_client, bytes, start, stop) => {
      if (hasArrived(0, bytes, start, stop)) answerer.socket.write(back.stamped(this.rounds, 1))
    }
    caller.onText = (_client, bytes, start, stop, nowMs) => {
      if (hasArrived(1, bytes, start, stop)) this.#onAnswered(nowMs)
    }
  }

  /** Round trips, one after the other, until `isEnough()`. */
  play(isEnough) {
    return new Promise(resolve => {
      let sentMs = 0
      const call = () => {
        sentMs = performance.now()
        this.#caller.socket.write(this.#forth.stamped(++this.rounds, 1))
      }
      this.#onAnswered = nowMs => {
        this.latencies.record((nowMs - sentMs) * 1000)
        if (isEnough()) resolve()
        else call()
      }
      call()
    })
  }
}

const addresses = ['back', 'forth'].map(room => ({ room: `bench-${room}`, channel: 'main' }))

/** A publishes, B answers when it has received, A publishes again: round trips of two deliveries each. */
export async function measureEcho(job) {
  const connections = new Connections(job)
  const clients = await connections.openAll(addresses)
  const templates = addresses.toReversed().map(address => connections.template(address, 0))
  const echo = new Echo(clients, templates)
  await sleep(settleMs)
  await echo.play(warmupEnd(() => echo.rounds))
  await sleep(settleMs)

  echo.latencies.reset()
  const before = echo.rounds
  const startMs = performance.now()
  const closeWindow = openWindow(job.serverPid)
  await echo.play(() => performance.now() - startMs >= job.scenario.seconds * 1000)
  const elapsedMs = performance.now() - startMs
  const rounds = echo.rounds - before
  const { duplicated, outOfOrder, received } = echo.ledger
  return {
    ...closeWindow(),
    ...echo.latencies.summary(),
    deliveries: 2 * rounds,
    duplicated,
    outOfOrder,
    lost: 2 * echo.rounds - received,
    notes: connections.faults(),
    perSecond: (2 * rounds) / (elapsedMs / 1000)
  }
}
