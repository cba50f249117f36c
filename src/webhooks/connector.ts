import { isIP, type LookupFunction, connect as openPlain, type Socket } from 'node:net'
import { connect as openSecure } from 'node:tls'
import { type buildConnector, errors } from 'undici'
import type { Clock } from '../clock.ts'
import type { AddressGuard } from './guard.ts'
import { createGuardedLookup } from './lookup.ts'

/** Opens the sockets of a poster and knows those that are open. */
export interface Connector {
  /** Sockets that are connecting or connected. */
  readonly openSockets: number
  /** Calls back once, with a socket that is ready for HTTP or with an error; a `ConnectTimeoutError` when it took too long. */
  readonly connect: buildConnector.connector
  /** Destroys every socket that is open and resolves when all are gone. */
  close(): Promise<void>
}

/** What a {@link Connector} is made of. */
export interface ConnectorOptions {
  readonly guard: AddressGuard
  readonly clock: Clock
  /** From the name lookup to the end of the TLS handshake. */
  readonly connectTimeoutMs: number
  readonly lookup: LookupFunction
}

/** Makes a connector that reaches nothing but what the guard allows. Certificates are verified. */
export function createConnector({ guard, clock, connectTimeoutMs, lookup }: ConnectorOptions): Connector {
  const sockets = new Set<Socket>()
  const guardedLookup = createGuardedLookup(guard, lookup)

  function open(target: buildConnector.Options): Socket {
    const { hostname: host, protocol, servername } = target
    if (protocol === 'http:') return openPlain({ host, port: Number(target.port || 80), lookup: guardedLookup })
    return openSecure({
      host,
      port: Number(target.port || 443),
      lookup: guardedLookup,
      rejectUnauthorized: true,
      ...(isIP(host) === 0 && { servername: servername || host })
    })
  }

  function connect(target: buildConnector.Options, callback: buildConnector.Callback): void {
    // Node does not look up the text of an address, so this is its only check.
    if (isIP(target.hostname) !== 0 && !guard.isAllowed(target.hostname)) {
      process.nextTick(callback, new Error('the host cannot be used'), null)
      return
    }
    const socket = open(target).setNoDelay(true)
    const timer = clock.after(connectTimeoutMs, () => socket.destroy(new errors.ConnectTimeoutError()))
    let isSettled = false
    function settle(error?: Error): void {
      timer.cancel()
      if (isSettled) return
      isSettled = true
      if (error === undefined) callback(null, socket)
      else callback(error, null)
    }
    sockets.add(socket)
    socket.once(target.protocol === 'http:' ? 'connect' : 'secureConnect', () => settle())
    socket.on('error', settle)
    socket.once('close', () => {
      sockets.delete(socket)
      settle(new Error('the socket was closed'))
    })
  }

  return {
    get openSockets() {
      return sockets.size
    },
    connect,
    async close() {
      const gone = [...sockets].map(socket => new Promise<void>(resolve => socket.once('close', () => resolve())))
      for (const socket of sockets) socket.destroy()
      await Promise.all(gone)
    }
  }
}
