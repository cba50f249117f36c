import type { Runtime } from '../../../src/client/index.ts'
import { FakeClock } from '../../support/clock.ts'

/** A runtime whose time, chance and network the test turns by hand. */
export class FakeRuntime implements Runtime {
  readonly clock = new FakeClock()
  /** What {@link random} tells. */
  chance = 0.5
  readonly #listeners = new Set<(isOnline: boolean) => void>()

  /** How many listen to the network. */
  get listenerCount(): number {
    return this.#listeners.size
  }

  now(): number {
    return this.clock.monotonic()
  }

  epoch(): number {
    return this.clock.now()
  }

  random(): number {
    return this.chance
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = this.clock.after(delayMs, run)
    return () => timer.cancel()
  }

  onNetwork(listener: (isOnline: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The network comes or goes. */
  switch(isOnline: boolean): void {
    for (const listener of this.#listeners) listener(isOnline)
  }
}
