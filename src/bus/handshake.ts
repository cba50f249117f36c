import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { BusError } from '../errors.ts'
import { isLoopback } from './admission.ts'

/** The subprotocol that is echoed; a token may stand beside it as `bearer.<jwt>`. */
const PROTOCOL = 'arqonbus.v1'

/** Picks the subprotocol of a new socket: only our own is ever echoed, never one that holds a token. */
export function selectProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(PROTOCOL) ? PROTOCOL : false
}

/** @throws {BusError} BAD_HANDSHAKE naming everything that makes the request not an upgrade to WebSocket version 13 */
export function checkHandshake(headers: IncomingHttpHeaders): void {
  const faults: string[] = []
  if (headers.upgrade?.toLowerCase() !== 'websocket') faults.push('Upgrade must be websocket')
  if (headers['sec-websocket-version'] !== '13') faults.push('Sec-WebSocket-Version must be 13')
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? ''))
    faults.push('Sec-WebSocket-Key must be 16 bytes in base64')
  const protocols = headers['sec-websocket-protocol']?.split(/[ \t]*,[ \t]*/) ?? []
  if (!protocols.every(isToken) || new Set(protocols).size < protocols.length)
    faults.push('Sec-WebSocket-Protocol must list different tokens')
  if (faults.length > 0) throw new BusError('BAD_HANDSHAKE', { faults })
}

/** Whether `ws` takes the text as the name of a subprotocol. */
function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)
}

/**
 * Lets pages of listed origins in, and with an empty list those of this machine and of the server's own address: browsers
 * reach loopback from any page, and CORS does nothing for sockets. A name counts as the own address only when it is listed, since
 * any page can have its name point at this machine (DNS rebinding). What is not a browser sends no origin.
 * @throws {BusError} ORIGIN_DENIED
 */
export function checkOrigin(headers: IncomingHttpHeaders, allowed: readonly string[]): void {
  const { origin, host } = headers
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return
  if (allowed.length === 0 && isOwnOrigin(origin, host)) return
  throw foreignOrigin()
}

/** Headers with which proxies say for whom they ask, and that of the webhooks of a server: these ask for somebody else. */
const errand = /^(?:x-forwarded-.*|forwarded|via|x-real-ip|webhook-id)$/

/**
 * Lets only this machine in, for a door that asks for no token: the peer is here, was not sent by somebody else, and means this machine
 * by its name, so that a page elsewhere cannot have a browser speak for it. Browsers name no origin when a page of another site
 * only embeds what it asks for, but they say that it is one.
 * @throws {BusError} AUTH_REQUIRED, ORIGIN_DENIED
 */
export function checkLocal(address: string, headers: IncomingHttpHeaders, allowedOrigins: readonly string[]): void {
  const isOnErrand = Object.keys(headers).some(name => errand.test(name))
  if (!isLoopback(address) || isOnErrand || !isOwnHost(headers.host ?? ''))
    throw new BusError('AUTH_REQUIRED', { faults: ['Without authentication only this machine may ask, as localhost'] })
  checkOrigin(headers, allowedOrigins)
  if (headers.origin === undefined && headers['sec-fetch-site'] === 'cross-site') throw foreignOrigin()
}

function isOwnHost(host: string): boolean {
  if (/[@/?#\\]/.test(host) || !URL.canParse(`http://${host}`)) return false
  const { hostname } = new URL(`http://${host}`)
  return hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''))
}

function foreignOrigin(): BusError {
  return new BusError('ORIGIN_DENIED', {
    faults: ['Origin not allowed; ARQONBUS_ALLOWED_ORIGINS lists those that are']
  })
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false
  const { host: from, hostname } = new URL(origin)
  const address = hostname.replace(/^\[|\]$/g, '')
  return hostname === 'localhost' || isLoopback(address) || (isIP(address) !== 0 && from === host)
}
