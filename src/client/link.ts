import { BusClientError, type Closure, closureOf, errorOfClosure, errorOfFrame, NO_CLOSING_HANDSHAKE } from './error.ts'
import { type Frame, messageOf, parseFrame } from './frames.ts'
import { Listeners } from './listeners.ts'
import { Requests } from './requests.ts'
import { type ClientSocket, dropSocket, OPEN } from './socket.ts'
import type { ClientEvents } from './types.ts'

/** A frame that can be answered. */
export interface Request {
  readonly id: string
  readonly type: string
  readonly [field: string]: unknown
}

/** More than this many unsent bytes, and nothing more is taken until some are gone. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024

/** Ids that the server takes from clients: `ID_PATTERN` of `src/protocol/envelope.ts`. */
const idPattern = /^arq_[A-Za-z0-9_.-]{1,124}$/

/** An open socket to the bus: frames out, answers matched to their requests, everything else to the listeners. */
export class Link {
  readonly #socket: ClientSocket
  readonly #timeoutMs: number
  readonly #requests: Requests
  readonly #listeners = new Listeners<ClientEvents>()
  #held: (() => void)[] | undefined = []
  #closure: Closure | undefined
  #ending: Promise<void> | undefined

  /**
   * Takes over a socket whose welcome has been read. What arrives before whoever awaits `connect` had a chance to add
   * listeners is held until then.
   * @param timeoutMs how long an answer may take, in milliseconds
   */
  constructor(socket: ClientSocket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    this.#requests = new Requests(timeoutMs)
    socket.addEventListener('message', ({ data }) => this.#inOrder(() => this.#receive(data)))
    socket.addEventListener('error', ({ message }) => this.#inOrder(() => this.#report(message ?? 'the socket failed')))
    socket.addEventListener('close', ({ code, reason }) => this.#inOrder(() => this.#finish(code, reason)))
    setTimeout(() => this.#release(), 0)
  }

  /** How the connection ended; undefined while it has not. */
  get closure(): Closure | undefined {
    return this.#closure
  }

  /** Whether this side asked for the end. */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  on<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#listeners.add(event, listener)
  }

  /** Sends a frame that nobody waits for. */
  post(frame: Request): void {
    this.#socket.send(this.#encode(frame))
  }

  /**
   * Sends a frame and resolves with its answer; rejects when that is a refusal, is late, or the connection closes first.
   * @param name what is asked, for the error
   */
  async request(frame: Request, name: string): Promise<Frame> {
    const text = this.#encode(frame)
    const answer = this.#requests.wait(frame.id, name)
    this.#socket.send(text)
    return answer
  }

  /** Closes with the code; resolves when the socket is closed, at the latest after the time-out. */
  close(code: number): Promise<void> {
    this.#ending ??= new Promise(resolve => {
      if (this.#closure) return resolve()
      const timer = setTimeout(() => {
        dropSocket(this.#socket)
        this.#finish()
      }, this.#timeoutMs)
      this.on('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.#socket.close(code)
    })
    return this.#ending
  }

  #encode(frame: Request): string {
    if (this.#closure) throw errorOfClosure(this.#closure)
    if (this.#socket.readyState !== OPEN) {
      throw new BusClientError('CLOSED', 'the connection is closing', { retry: true })
    }
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      throw new BusClientError('OVERFLOW', `more than ${MAX_UNSENT_BYTES} bytes wait to be sent`, { retry: true })
    }
    if (!idPattern.test(frame.id)) {
      throw new BusClientError('VALIDATION_ERROR', 'id: must be "arq_" and 1 to 124 letters, digits, ".", "_", "-"')
    }
    try {
      return JSON.stringify(frame)
    } catch (cause) {
      throw new BusClientError('VALIDATION_ERROR', 'message: must be JSON', { cause })
    }
  }

  #inOrder(run: () => void): void {
    if (this.#held) this.#held.push(run)
    else run()
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const run of held) run()
  }

  #receive(data: unknown): void {
    const frame = parseFrame(data)
    if (frame === undefined) {
      this.#report('the server sent something that is not a frame')
      return
    }
    this.#listeners.emit('frame', frame)
    const isAwaited = this.#requests.settle(frame)
    if (frame.type === 'error' && !isAwaited) this.#listeners.emit('error', errorOfFrame(frame))
    const message = messageOf(frame)
    if (message) this.#listeners.emit('message', message)
  }

  #report(sentence: string): void {
    this.#listeners.emit('error', new BusClientError('PROTOCOL', sentence))
  }

  #finish(code = NO_CLOSING_HANDSHAKE, reason = ''): void {
    if (this.#closure) return
    this.#closure = closureOf(code, reason)
    this.#requests.failAll(errorOfClosure(this.#closure))
    this.#listeners.emit('close', this.#closure)
    this.#listeners.clear()
  }
}
