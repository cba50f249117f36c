import type { TestContext } from 'node:test'
import { type BusStage, setBus } from './bus.ts'

/** Two buses that answer each other's questions as two nodes of a cluster do. What one publishes does not reach the other. */
export interface BusPair {
  readonly one: BusStage
  readonly two: BusStage
  /** What was asked, in order. */
  readonly questions: object[]
  /** Waits before a question is answered. */
  hold(): void
  /** Lets the questions that wait be answered. */
  release(): void
  /** From now on each is alone. */
  part(): void
}

export async function setPair(t: TestContext): Promise<BusPair> {
  const stages: BusStage[] = []
  const questions: object[] = []
  const waiting: (() => void)[] = []
  let isHeld = false
  let peerCount = 1
  const make = (other: number): Promise<BusStage> =>
    setBus(t, {
      broker: () => ({
        get peerCount() {
          return peerCount
        },
        async ask(question) {
          questions.push(question)
          if (isHeld) await new Promise<void>(resolve => waiting.push(resolve))
          const answer = stages[other]?.bus.hub.asked(JSON.parse(JSON.stringify(question)))
          return answer === undefined ? [] : [JSON.parse(JSON.stringify(answer))]
        }
      })
    })
  const [one, two] = [await make(1), await make(0)]
  stages.push(one, two)
  return {
    one,
    two,
    questions,
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      for (const resolve of waiting.splice(0)) resolve()
    },
    part() {
      peerCount = 0
    }
  }
}
