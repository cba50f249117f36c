import { BusClientError, type Closure, closureOf, errorOfClosure, NO_CLOSING_HANDSHAKE } from './error.ts'
import { type Frame, parseFrame } from './frames.ts'
import { Listeners } from './listeners.ts'
import { Requests } from './requests.ts'
import { type ClientSocket, dropSocket, OPEN } from './socket.ts'

/** What a link tells its listeners. */
export interface LinkEvents {
  /** Every frame, and whether it is the answer to a request. */
  readonly frame: { readonly frame: Frame; readonly isAnswer: boolean }
  /** A peer that breaks the protocol. */
  readonly error: BusClientError
  /** The end, once. */
  readonly close: Closure
}

/** More than this many unsent bytes, and nothing more is taken until some are gone. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024

/** An open socket to the bus: frames out, answers matched to their requests, everything else to the listeners. */
export class Link {
  readonly #socket: ClientSocket
  readonly #timeoutMs: number
  readonly #maxFrameBytes: number
  readonly #requests: Requests
  readonly #listeners = new Listeners<LinkEvents>()
  #held: (() => void)[] | undefined = []
  #closure: Closure | undefined
  #ending: Promise<void> | undefined

  /**
   * Takes over a socket whose welcome has been read. What arrives before whoever awaits `connect` had a chance to add
   * listeners is held until then.
   * @param timeoutMs how long an answer may take, in milliseconds
   * @param maxFrameBytes longest frame that the server takes
   */
  constructor(socket: ClientSocket, timeoutMs: number, maxFrameBytes: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    this.#maxFrameBytes = maxFrameBytes
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

  /** Whether an answer is awaited. */
  get isAwaiting(): boolean {
    return this.#requests.size > 0
  }

  on<Name extends keyof LinkEvents>(event: Name, listener: (value: LinkEvents[Name]) => void): () => void {
    return this.#listeners.add(event, listener)
  }

  /** Sends the text of a frame that nobody waits for. @throws BusClientError CLOSED, OVERFLOW, LIMIT_EXCEEDED */
  post(text: string): void {
    this.#check(text)
    this.#socket.send(text)
  }

  /** Sends the text of a frame that is not missed when it cannot be sent. */
  tryPost(text: string): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(text)
  }

  /**
   * Sends the text of a frame and resolves with its answer; rejects when that is a refusal, is late, or the connection closes first.
   * @param name what is asked, for the error
   */
  async request(id: string, text: string, name: string): Promise<Frame> {
    this.#check(text)
    const answer = this.#requests.wait(id, name)
    this.#socket.send(text)
    return answer
  }

  /** Closes with the code; resolves when the socket is closed, at the latest after the time-out. */
  close(code: number): Promise<void> {
    this.#ending ??= new Promise(resolve => {
      if (this.#closure) return resolve()
      const timer = setTimeout(() => this.drop(), this.#timeoutMs)
      this.on('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.#socket.close(code)
    })
    return this.#ending
  }

  /** Ends the connection at once, as one that was lost. */
  drop(): void {
    dropSocket(this.#socket)
    this.#release()
    this.#finish()
  }

  #check(text: string): void {
    if (this.#closure) throw errorOfClosure(this.#closure)
    // One frame too long, and the server ends the connection for good [limits.md, WebSocket message].
    if (isLonger(text, this.#maxFrameBytes)) {
      throw new BusClientError('LIMIT_EXCEEDED', `the server takes no frame of more than ${this.#maxFrameBytes} bytes`)
    }
    if (this.#socket.readyState !== OPEN) {
      throw new BusClientError('CLOSED', 'the connection is closing', { retry: true })
    }
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      throw new BusClientError('OVERFLOW', `more than ${MAX_UNSENT_BYTES} bytes wait to be sent`, { retry: true })
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
    if (this.#closure) return
    const frame = parseFrame(data)
    if (frame === undefined) {
      this.#report('the server sent something that is not a frame')
      return
    }
    this.#listeners.emit('frame', { frame, isAnswer: this.#requests.settle(frame) })
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

/** Whether a text is longer in UTF-8, where a unit of UTF-16 takes three bytes at most. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes
}
