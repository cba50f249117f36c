import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** How a proxy breaks a connection. */
export type Fault = 'cut' | 'reset' | 'half-close to the server' | 'half-close to the client' | 'silence'

/** How a proxy treats the connections that it carries. */
export interface ProxyOptions {
  /** Numbers in [0, 1), from a seed. */
  readonly random: () => number
  /** A connection breaks after anything from 0 to so many bytes to the client, wherever in a frame that is. */
  readonly maxBytes: number
  /** What to choose from. */
  readonly faults?: readonly Fault[]
  /** Every third connection is slowed down: each piece waits for so long at most, in milliseconds. */
  readonly maxDelayMs?: number
}

/** A TCP proxy that breaks what it carries. */
export interface FaultyProxy {
  readonly wsUrl: string
  /** Connections broken so far, by kind. */
  readonly broken: ReadonlyMap<Fault, number>
  readonly brokenCount: () => number
  /** Breaks nothing any more, and no connection of before either. */
  calm(): void
  /** Breaks every connection now. */
  cutAll(fault?: Fault): void
  /** Takes no new connections while `isDown`. */
  setDown(isDown: boolean): void
}

const allFaults: readonly Fault[] = ['cut', 'reset', 'half-close to the server', 'half-close to the client']

/** Numbers in [0, 1) that depend on nothing but the seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Starts a proxy before the port of this machine, on a free port; it ends with the test. Without options it breaks nothing by itself. */
export async function startProxy(t: TestContext, targetPort: number, options?: ProxyOptions): Promise<FaultyProxy> {
  const broken = new Map<Fault, number>()
  const carriers = new Set<Carrier>()
  let isCalm = options === undefined
  let isDown = false
  const server = createServer(client => {
    if (isDown) {
      client.destroy()
      return
    }
    const carrier = new Carrier(
      client,
      connect(targetPort, '127.0.0.1'),
      planOf(options, () => isCalm),
      fault => broken.set(fault, (broken.get(fault) ?? 0) + 1)
    )
    carriers.add(carrier)
    client.on('close', () => carriers.delete(carrier))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const carrier of carriers) carrier.end()
  })
  return {
    wsUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken,
    brokenCount: () => [...broken.values()].reduce((sum, count) => sum + count, 0),
    calm: () => {
      isCalm = true
    },
    cutAll: (fault = 'cut') => {
      for (const carrier of carriers) carrier.break(fault)
    },
    setDown: value => {
      isDown = value
    }
  }
}

/** What is to happen to one connection. */
interface Plan {
  readonly fault: Fault
  readonly afterBytes: number
  readonly delayMs: number
  readonly isCalm: () => boolean
}

function planOf(options: ProxyOptions | undefined, isCalm: () => boolean): Plan {
  const { random = () => 0, maxBytes = 0, faults = allFaults, maxDelayMs = 0 } = options ?? {}
  const fault = faults[Math.floor(random() * faults.length)] ?? 'cut'
  const afterBytes = Math.floor(random() * (maxBytes + 1))
  return { fault, afterBytes, delayMs: random() < 1 / 3 ? random() * maxDelayMs : 0, isCalm }
}

/** One connection with its two sides. */
class Carrier {
  readonly #client: Socket
  readonly #server: Socket
  readonly #plan: Plan
  readonly #count: (fault: Fault) => void
  readonly #timers = new Set<NodeJS.Timeout>()
  #bytes = 0
  #isBroken = false
  #isSilent = false

  constructor(client: Socket, server: Socket, plan: Plan, count: (fault: Fault) => void) {
    this.#client = client
    this.#server = server
    this.#plan = plan
    this.#count = count
    this.#carry(client, server, chunk => chunk)
    this.#carry(server, client, chunk => this.#measure(chunk))
  }

  /** Ends both sides. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#client.destroy()
    this.#server.destroy()
  }

  break(fault: Fault): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#count(fault)
    if (fault === 'silence') this.#isSilent = true
    else if (fault === 'half-close to the server') this.#server.end()
    else if (fault === 'half-close to the client') this.#client.end()
    else {
      if (fault === 'reset') {
        this.#client.resetAndDestroy()
        this.#server.resetAndDestroy()
      }
      this.end()
    }
  }

  #carry(from: Socket, to: Socket, pass: (chunk: Buffer) => Buffer): void {
    from.on('data', chunk =>
      this.#later(() => {
        const passed = pass(chunk)
        if (!this.#isSilent && passed.length > 0 && !to.writableEnded) to.write(passed)
      })
    )
    from.on('end', () => this.#later(() => this.#isSilent || to.end()))
    from.on('error', () => from.destroy())
    from.on('close', () => {
      if (!this.#isSilent || from === this.#client) this.#later(() => this.end())
    })
  }

  /** What still goes to the client before the connection breaks. */
  #measure(chunk: Buffer): Buffer {
    const { afterBytes, fault, isCalm } = this.#plan
    this.#bytes += chunk.length
    if (this.#isBroken || isCalm() || this.#bytes < afterBytes) return chunk
    if (fault === 'half-close to the server') {
      this.break(fault)
      return chunk
    }
    const passed = chunk.subarray(0, Math.max(0, chunk.length - (this.#bytes - afterBytes)))
    if (passed.length > 0) this.#client.write(passed)
    this.break(fault)
    return Buffer.alloc(0)
  }

  /** The same delay for everything, so that it keeps its order. */
  #later(run: () => void): void {
    if (this.#plan.delayMs === 0) {
      run()
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, this.#plan.delayMs)
    this.#timers.add(timer)
  }
}
