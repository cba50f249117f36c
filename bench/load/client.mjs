import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { maskedFrame, opcodes } from './frame.mjs'

// One read buffer for all sockets: a read is parsed before the next one begins, so nothing is allocated per read.
const readBuffer = Buffer.allocUnsafe(128 * 1024)
const empty = Buffer.alloc(0)

/**
 * A WebSocket client that does as little as possible per frame: it hands out positions in raw bytes, valid during
 * the call only. Answers pings and the dialect's heartbeat. Not a general client: fragments and compression fail.
 */
export class Client {
  /** Called with (client, bytes, start, stop, nowMs) for each text frame after the greeting. */
  onText = () => {}
  /** What the scenario keeps about this connection. */
  member = null
  /** Settles when the server has greeted, or with the reason why it did not. */
  ready
  socket
  #dialect
  #fault = null
  #isGreeted = false
  #isUpgraded = false
  #pending = empty
  #settle

  constructor(port, dialect, path, headers = {}) {
    this.#dialect = dialect
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    const callback = (length, bytes) => {
      this.#read(bytes, length)
      return true
    }
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: readBuffer, callback } })
    this.socket.on('error', error => this.#fail(error.message))
    this.socket.on('close', () => this.#fail('closed by the server'))
    this.socket.write(upgradeRequest(port, path, headers))
  }

  /** Why the connection ended before `close` was called; null while it is well. */
  get fault() {
    return this.#fault
  }

  send(text) {
    this.socket.write(maskedFrame(opcodes.text, Buffer.from(text)))
  }

  close() {
    this.#fault ??= 'closed'
    this.socket.destroy()
  }

  #fail(reason) {
    this.#fault ??= reason
    this.#settle.reject(new Error(`connection failed: ${this.#fault}`))
    this.socket.destroy()
  }

  #read(chunk, length) {
    let bytes = chunk
    let end = length
    if (this.#pending.length > 0) {
      bytes = Buffer.concat([this.#pending, chunk.subarray(0, length)])
      end = bytes.length
    }
    const start = this.#isUpgraded ? 0 : this.#readUpgrade(bytes, end)
    const rest = this.#isUpgraded ? this.#readFrames(bytes, start, end) : 0
    this.#pending = rest < end ? Buffer.from(bytes.subarray(rest, end)) : empty
  }

  /** Where the frames begin behind the answer to the upgrade. */
  #readUpgrade(bytes, end) {
    const head = bytes.latin1Slice(0, end)
    const headEnd = head.indexOf('\r\n\r\n')
    if (headEnd < 0) return 0
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#fail(`upgrade refused: ${head.slice(0, head.indexOf('\r\n'))}`)
      return 0
    }
    this.#isUpgraded = true
    return headEnd + 4
  }

  /** Reads whole frames; returns where the first unfinished one begins. */
  #readFrames(bytes, start, end) {
    const nowMs = performance.now()
    let at = start
    while (end - at >= 2) {
      let length = bytes[at + 1] & 0x7f
      let head = 2
      if (length >= 126) {
        head = length === 126 ? 4 : 10
        if (end - at < head) break
        length = head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      }
      const stop = at + head + length
      if (stop > end) break
      if (bytes[at] === (0x80 | opcodes.text)) this.#readText(bytes, at + head, stop, nowMs)
      else this.#readOther(bytes, at, at + head, stop)
      at = stop
    }
    return at
  }

  #readText(bytes, start, stop, nowMs) {
    const { heartbeat } = this.#dialect
    if (!this.#isGreeted) {
      this.#isGreeted = this.#dialect.greet(this, bytes.latin1Slice(start, stop))
      if (this.#isGreeted) this.#settle.resolve(this)
    } else if (heartbeat && stop - start === 1 && bytes[start] === heartbeat.ask) {
      this.send(heartbeat.answer)
    } else {
      this.onText(this, bytes, start, stop, nowMs)
    }
  }

  #readOther(bytes, at, start, stop) {
    const opcode = bytes[at] & 0x0f
    const isPlain = (bytes[at] & 0xf0) === 0x80
    if (isPlain && opcode === opcodes.ping) {
      this.socket.write(maskedFrame(opcodes.pong, bytes.subarray(start, stop)))
    } else if (isPlain && opcode === opcodes.close) {
      const code = stop - start >= 2 ? bytes.readUInt16BE(start) : 1005
      this.#fail(`close ${code} ${bytes.utf8Slice(Math.min(start + 2, stop), stop)}`)
    } else if (!isPlain || opcode !== opcodes.pong) {
      this.#fail(`unexpected frame, first byte ${bytes[at]}`)
    }
  }
}

function upgradeRequest(port, path, headers) {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
