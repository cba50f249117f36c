import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import type { WebSocket } from 'ws'
import { type ConnectOptions, connect, type StateChange } from '../../../src/client/index.ts'
import { readText } from '../../documents/project.ts'
import { until } from '../../support/until.ts'
import { FakeRuntime } from './fake-runtime.ts'
import { acknowledgementOf, type Received, responseOf, startPeer, welcomeFrame } from './peer.ts'

/** The steps of the diagram of states: "from to". */
const documented = new Set(
  [...readText('docs/sdk-typescript.md').matchAll(/^ {2}(\w+) --> (\w+):/gm)].map(([, from, to]) => `${from} ${to}`)
)

/** What a stage does that differs from the good server. */
export interface StageOptions {
  readonly connectOptions?: ConnectOptions
  /** Answers a frame; joins, and whatever else it leaves, are answered as by a good server. */
  readonly answer?: (frame: Received, socket: WebSocket) => boolean | undefined
  readonly onConnection?: (socket: WebSocket, request: IncomingMessage) => boolean | undefined
  /** Whether the server knows its own duplicates; it does with authentication. */
  readonly hasAuth?: boolean
}

/** A client whose time the test turns, with a peer whose sockets the test ends. */
export async function startStage(t: TestContext, options: StageOptions = {}) {
  const { answer, connectOptions = {}, hasAuth = true, onConnection } = options
  const runtime = new FakeRuntime()
  const requests: IncomingMessage[] = []
  const sockets: WebSocket[] = []
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      requests.push(request)
      sockets.push(socket)
      if (onConnection?.(socket, request)) return
      const limits = { history: 500 }
      const payload = { ...welcomeFrame.payload, limits, client_id: `arq_client_${sockets.length}` }
      socket.send(JSON.stringify({ ...welcomeFrame, payload: { ...payload, features: hasAuth ? ['auth'] : ['open'] } }))
    },
    onFrame: (frame, socket) => {
      if (answer?.(frame, socket)) return
      if (frame.command === 'join_channel') {
        const since = (frame.args as { since?: number }).since
        const data = { sequence: since ?? 0, epoch: 'e1', ...(since === undefined ? {} : { recovered: true }) }
        socket.send(responseOf(frame, data))
      } else if (frame.type === 'command') socket.send(responseOf(frame, {}))
      else if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', request_id: frame.id }))
      else socket.send(acknowledgementOf(frame))
    }
  })
  const bus = await connect(peer.wsUrl, connectOptions, runtime)
  const states: StateChange[] = []
  bus.on('state', change => states.push(change))
  t.after(async () => {
    await bus.close()
    for (const { previous, state } of states)
      assert.ok(documented.has(`${previous} ${state}`), `${previous} to ${state}`)
  })
  return {
    bus,
    peer,
    requests,
    runtime,
    sockets,
    states,
    /** Ends the present connection and waits until the client knows. */
    async lose(code?: number, reason?: string): Promise<void> {
      const socket = sockets.at(-1)
      if (code === undefined) socket?.terminate()
      else socket?.close(code, reason)
      await until('the client knows', () => bus.state === 'waiting' || bus.state === 'closed')
    },
    /** Lets the client try again, after so many milliseconds. */
    async comeBack(afterMs = 60_000): Promise<void> {
      runtime.clock.advance(afterMs)
      await until('the client is back', () => bus.state === 'open')
    }
  }
}

/** The arguments of every command of the name. */
export function commandsOf(received: readonly Received[], name: string): unknown[] {
  return received.filter(({ command }) => command === name).map(({ args }) => args)
}

/** The ids of all messages for channels. */
export function idsOf(received: readonly Received[]): string[] {
  return received.filter(({ type }) => type === 'message').map(({ id }) => id)
}
