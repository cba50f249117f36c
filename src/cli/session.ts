import { WebSocket } from 'ws'
import { type BusClient, type ConnectOptions, connect } from '../client/index.ts'
import type { Access } from './access.ts'
import { failureOfBus } from './refusals.ts'
import type { Terminal } from './terminal.ts'

/** What a session is for. */
export interface SessionOptions {
  /** What is asked, for the words of a refusal: `pub`, `store get`. */
  readonly name: string
  /** Whether a lost connection is replaced; else it is the end. */
  readonly isLasting?: boolean
  /** The room to be a member of as a whole. */
  readonly room?: string | undefined
}

/**
 * Connects, works and closes again, whatever happens. An interrupt ends the work: the promise then rejects with its reason.
 * @throws Failure when the connection fails, or the server refuses what is asked
 */
export async function withBus<Result>(
  terminal: Terminal,
  access: Access,
  options: SessionOptions,
  work: (bus: BusClient) => Promise<Result>
): Promise<Result> {
  const { signal } = terminal
  signal.throwIfAborted()
  const connecting = connect(access.url.href, connectOptionsOf(access, options))
  let bus: BusClient | undefined
  try {
    bus = await interruptible(connecting, signal)
    return await interruptible(work(bus), signal)
  } catch (error) {
    throw failureOfBus(error, access.url, bus && options.name)
  } finally {
    if (bus) await bus.close()
    else connecting.then(late => late.close()).catch(() => {})
  }
}

function connectOptionsOf(access: Access, { isLasting = false, room }: Partial<SessionOptions>): ConnectOptions {
  const { hasTokenFile, headers, timeoutMs } = access
  const token = access.readToken()
  const common = { WebSocket, headers, room, timeoutMs, token }
  if (!isLasting) return { ...common, reconnect: false }
  return hasTokenFile ? { ...common, getToken: () => access.readToken() ?? '' } : common
}

/** One more connection, which the caller closes. @throws Failure when it fails */
export async function openBus(access: Access): Promise<BusClient> {
  try {
    return await connect(access.url.href, connectOptionsOf(access, {}))
  } catch (error) {
    throw failureOfBus(error, access.url)
  }
}

/** Settles as the promise does, unless the signal is aborted before. */
export async function interruptible<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let onAbort = () => {}
  const interrupted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, interrupted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
