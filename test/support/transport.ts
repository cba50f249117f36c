import assert from 'node:assert/strict'
import type { Transport, TransportListener } from '../../src/bus/transport.ts'
import type { Frame } from '../../src/protocol/frame.ts'
import type { ServerFrame } from '../helper.ts'

/** A peer without a network: writes down what it is sent, and can stop taking it. */
export class FakeTransport implements Transport {
  /** How many frames each write held. */
  readonly writes: number[] = []
  /** Every frame written, decoded, in order. */
  readonly frames: ServerFrame[] = []
  /** The same as bytes: frames shared between peers are one object. */
  readonly bytes: Frame[] = []
  bufferedBytes = 0
  isReceiving = false
  isOpen = true
  pingCount = 0
  isPaused = false
  /** The close frame that was sent. */
  closing: { readonly code: number; readonly reason: string } | undefined
  isTerminated = false
  isEnded = false
  #isTaking = true
  #listener: TransportListener | undefined

  /** What a connection does with what this peer sends. */
  get listener(): TransportListener {
    assert.ok(this.#listener, 'nobody listens')
    return this.#listener
  }

  listen(listener: TransportListener): void {
    this.#listener = listener
  }

  write(frames: readonly Frame[], bytes: number): void {
    assert.equal(this.closing, undefined, 'written after the close frame')
    assert.equal(this.isEnded, false, 'written after the end')
    assert.equal(
      frames.reduce((sum, frame) => sum + frame.length, 0),
      bytes
    )
    this.writes.push(frames.length)
    this.bytes.push(...frames)
    this.frames.push(...frames.map(decode))
    if (!this.#isTaking) this.bufferedBytes += bytes
  }

  ping(): void {
    this.pingCount++
    if (this.#isTaking) this.listener.control(false)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(code: number, reason: string): void {
    assert.ok(Buffer.byteLength(reason) <= 123, 'the reason is too long')
    assert.equal(this.closing, undefined, 'closed twice')
    this.closing = { code, reason }
    if (this.#isTaking) queueMicrotask(() => this.end(code))
  }

  terminate(): void {
    this.isTerminated = true
    queueMicrotask(() => this.end(1006))
  }

  /** From now on the peer takes nothing, and answers neither pings nor a close frame. */
  stop(): void {
    this.#isTaking = false
  }

  /** The peer takes some of what waits. With the last byte the connection is told. */
  take(bytes: number = this.bufferedBytes): void {
    this.bufferedBytes -= bytes
    if (this.bufferedBytes === 0) this.listener.drained()
  }

  /** The peer sends a text message. */
  say(frame: object | string): void {
    this.listener.text(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** The peer is gone. */
  end(code = 1006): void {
    if (this.isEnded) return
    this.isEnded = true
    this.listener.closed(code)
  }
}

/** Reads one whole, unmasked text frame as RFC 6455 has it. */
function decode(frame: Frame): ServerFrame {
  assert.equal(frame[0], 0x81, 'neither final nor text')
  const short = frame[1] ?? 0
  assert.ok(short < 128, 'masked')
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  const length = short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2))
  assert.equal(frame.length - start, length)
  return JSON.parse(frame.toString('utf8', start))
}
