import { setTimeout as pause } from 'node:timers/promises'
import type { BusClient } from '../../client/index.ts'
import { Failure } from '../terminal.ts'
import type { Progress } from './progress.ts'
import { Tally } from './tally.ts'

/** What a run does. */
export interface Plan {
  readonly members: number
  /** Messages in a second. */
  readonly rate: number
  readonly seconds: number
  /** Size of the text in each payload. */
  readonly bytes: number
}

/** What a run is done with. */
export interface Setting {
  readonly publisher: BusClient
  /** All of them are members of the channel already. */
  readonly members: readonly BusClient[]
  readonly address: string
  readonly plan: Plan
  readonly progress: Progress
  /** How long nothing may come before the rest counts as lost. */
  readonly patienceMs: number
  /** Aborting it ends the run; the promise then rejects. */
  readonly signal: AbortSignal
}

/** What came out. */
export interface Outcome {
  readonly sent: number
  readonly tally: Tally
  /** From the first message to the last delivery. */
  readonly tookMs: number
}

const TICK_MS = 5

/** Publishes as planned and waits for everything to arrive. @throws {Failure} when the server refuses a message */
export async function runPlan(setting: Setting): Promise<Outcome> {
  const refusals: Error[] = []
  const stop = setting.publisher.on('error', error => refusals.push(error))
  const assertTaken = (): void => {
    if (refusals[0]) throw new Failure(`the server refuses messages: ${refusals[0].message}`)
  }
  try {
    return await run(setting, assertTaken)
  } finally {
    stop()
  }
}

async function run(setting: Setting, assertTaken: () => void): Promise<Outcome> {
  const { members, patienceMs, progress, signal } = setting
  const tally = new Tally(members.length)
  const startMs = performance.now()
  let heardMs = startMs
  for (const [member, bus] of members.entries()) {
    bus.on('message', ({ payload: { n, at } }) => {
      heardMs = performance.now()
      if (typeof n === 'number' && typeof at === 'number') tally.receive(member, n, heardMs - at)
    })
  }
  const sent = await publish(setting, assertTaken)
  const expected = sent * members.length
  const sentMs = performance.now()
  while (tally.delivered < expected && performance.now() - Math.max(heardMs, sentMs) < patienceMs) {
    progress.show(1, `${tally.delivered} of ${expected} delivered`)
    await pause(TICK_MS, undefined, { signal })
    assertTaken()
  }
  return { sent, tally, tookMs: heardMs - startMs }
}

/** Sends what is due at every tick, however late the tick is. */
async function publish(setting: Setting, assertTaken: () => void): Promise<number> {
  const { address, plan, progress, publisher, signal } = setting
  const total = Math.round(plan.rate * plan.seconds)
  const pad = 'x'.repeat(plan.bytes)
  const startMs = performance.now()
  let sent = 0
  while (sent < total) {
    const elapsedMs = performance.now() - startMs
    const due = Math.min(total, Math.floor((elapsedMs / 1000) * plan.rate) + 1)
    while (sent < due) {
      sent++
      await publisher.publish(address, { n: sent, at: performance.now(), pad }, { ack: false })
    }
    progress.show(sent / total, `${sent} of ${total} sent`)
    await pause(TICK_MS, undefined, { signal })
    assertTaken()
  }
  return sent
}
