import { connect } from 'node:net'

/** A text that must never come up again in what a server writes. */
export const CANARY = 'c4n4ry-51d3k1ck'

/** What breaks lines, terminals and parsers, and a line that would look like one of the server's own. */
const poisons: readonly string[] = [
  'plain',
  '\r\nInjected: yes\r\n',
  '\n{"level":"fatal","msg":"forged"}\n',
  '\u001b[31m\u001b]0;title\u0007\u001b[2J',
  '\u2028\u2029\u0085\u0000\ufeff',
  '\ud800',
  '\udc00\ud800',
  '%n%s%x %j %o {0}',
  '"\\"}{[\'`',
  'x'.repeat(20_000)
]

/** The same poison for the same number. */
export function poisonOf(n: number): string {
  return `${CANARY}${poisons[n % poisons.length]}`
}

/** Frames that a server refuses, or takes with a content that is nobody's business. */
const frames: readonly ((text: string, n: number) => string)[] = [
  text => `{"type":"message","payload":{"text":${JSON.stringify(text)}`,
  text => text,
  text => JSON.stringify({ type: text, payload: { text } }),
  text => JSON.stringify({ type: 'message', room: text, channel: text, payload: {} }),
  text => JSON.stringify({ type: 'message', room: 'lab:bench', payload: { [text]: text, password: text } }),
  text => JSON.stringify({ type: 'message', id: text, room: 'lab:bench', payload: {} }),
  text => JSON.stringify({ type: 'message', room: 'lab:bench', payload: {}, metadata: { traceparent: text } }),
  text => JSON.stringify({ type: 'message', room: 'lab:bench', payload: {}, [text]: text }),
  text => JSON.stringify({ type: 'private', to: [text], payload: { text } }),
  text => JSON.stringify({ type: 'system', room: '*', payload: { text } }),
  text => JSON.stringify({ type: 'command', command: text, args: { [text]: text } }),
  text => JSON.stringify({ type: 'command', command: 'refresh', args: { token: text } }),
  text => JSON.stringify({ type: 'command', command: 'create_channel', args: { channel_id: text, token: text } }),
  text =>
    JSON.stringify({ type: 'command', command: 'op.webhook.register', args: { url: `http://${text}/?key=${text}` } }),
  text =>
    JSON.stringify({ type: 'command', command: 'op.store.set', args: { key: text, value: text, namespace: text } }),
  (_text, n) => JSON.stringify({ type: 'message', room: `${CANARY}.${n % 50}`, payload: { text: CANARY } })
]

/** One of many frames, by number. */
export function hostileFrame(n: number): string {
  const make = frames[n % frames.length] as (text: string, n: number) => string
  return make(poisonOf(Math.floor(n / frames.length)), n)
}

/** Text as it can stand in a header. Every other one breaks the rules of HTTP. */
function headerText(n: number): string {
  const text = Buffer.from(poisonOf(n).slice(0, 500)).toString('latin1')
  return n % 2 === 0 ? text.replace(/[^\x20-\x7e]/g, '') : text
}

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
]

/** Requests, handshakes among them, of which none is let in. */
const requests: readonly ((text: string, query: string) => string[])[] = [
  (_text, query) => [`GET /ws?token=${query} HTTP/1.1`, ...upgrade],
  text => ['GET /ws HTTP/1.1', ...upgrade, `Authorization: Bearer ${text}`],
  text => ['GET /ws HTTP/1.1', ...upgrade, `Sec-WebSocket-Protocol: arqonbus.v1, bearer.${text}`],
  text => ['GET /ws HTTP/1.1', ...upgrade, `Origin: http://${text}`],
  text => ['GET /ws HTTP/1.1', ...upgrade.slice(0, 3), `Sec-WebSocket-Key: ${text}`],
  (text, query) => [`GET /${query}?token=${query} HTTP/1.1`, `Cookie: session=${text}`],
  (text, query) => [`DELETE /v1/rooms/${query}/channels/${query} HTTP/1.1`, `Authorization: Bearer ${text}`],
  text => [`${text} / HTTP/1.1`],
  text => ['GET / HTTP/1.1', `${text}: ${text}`],
  text => ['POST /v1/publish HTTP/1.1', 'Content-Type: application/json', `Content-Length: ${text.length}`, '', text]
]

/** One of many requests, by number, as bytes. */
export function hostileRequest(n: number): Buffer {
  const make = requests[n % requests.length] as (text: string, query: string) => string[]
  const turn = Math.floor(n / requests.length)
  const query = encodeURIComponent(Buffer.from(poisonOf(turn).slice(0, 300)).toString())
  const [first = '', ...rest] = make(headerText(turn), query)
  return Buffer.from(`${[first, 'Host: 127.0.0.1', ...rest].join('\r\n')}\r\n\r\n`, 'latin1')
}

/** Sends bytes on a connection of their own and waits for the first of the answer, or for the end. */
export async function sendOnce(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  const answered = new Promise<void>(
    resolve => void socket.once('data', () => resolve()).once('close', () => resolve())
  )
  socket.end(bytes)
  await answered
  socket.destroy()
}
