import { setTimeout as sleep } from 'node:timers/promises'

const stallMs = 5000

/**
 * Open loop: `perSecond` messages in all, in bursts of `burst`, the publishers taking turns, for `seconds`, whatever
 * the server does. Resolves with how far, in ms, the generator fell behind its own schedule at worst.
 */
export function publishAtRate(rooms, { perSecond, burst }, seconds) {
  const burstsPerMs = perSecond / burst / 1000
  const total = Math.floor(burstsPerMs * seconds * 1000)
  const startMs = performance.now()
  let sent = 0
  let worstLagMs = 0
  return new Promise(resolve => {
    const tick = () => {
      const elapsedMs = performance.now() - startMs
      worstLagMs = Math.max(worstLagMs, elapsedMs - sent / burstsPerMs)
      const due = Math.min(total, Math.floor(elapsedMs * burstsPerMs) + 1)
      while (sent < due) rooms.publish(rooms.publishers[sent++ % rooms.publishers.length], burst)
      if (sent === total) resolve(worstLagMs)
      else setTimeout(tick, 1)
    }
    tick()
  })
}

/**
 * Closed loop: every publisher keeps `inFlight` messages under way and sends the next one when the designated
 * member has received one. What falls due in one turn of the event loop leaves in one write per publisher.
 * Goes on until `isEnough()`.
 */
export async function publishInLoop(rooms, inFlight, isEnough) {
  const owing = []
  const flush = () => {
    if (isEnough()) return
    for (const publisher of owing) {
      rooms.publish(publisher, publisher.owed)
      publisher.owed = 0
    }
    owing.length = 0
  }
  const owe = publisher => {
    if (owing.length === 0) setImmediate(flush)
    if (publisher.owed++ === 0) owing.push(publisher)
  }
  for (const publisher of rooms.publishers) publisher.owed = 0
  rooms.onRoundComplete = owe
  rooms.lastDeliveryMs = performance.now()
  for (const publisher of rooms.publishers) for (let count = 0; count < inFlight; count++) owe(publisher)
  while (!isEnough() && !(await hasStalled(rooms, 20))) {}
  rooms.onRoundComplete = () => {}
}

/** Waits `ms`; true when nothing has arrived for so long that nothing will. */
async function hasStalled(rooms, ms) {
  const startMs = performance.now()
  await sleep(ms)
  return startMs - rooms.lastDeliveryMs > stallMs
}

/** Resolves when everything published has arrived, or when nothing has moved for 5 s. */
export async function drain(rooms) {
  let seen = -1
  let seenMs = performance.now()
  while (!rooms.isSettled && performance.now() - seenMs < stallMs) {
    const now = rooms.received + rooms.acks
    if (now !== seen) seenMs = performance.now()
    seen = now
    await sleep(5)
  }
}
