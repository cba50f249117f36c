import { BusError } from '../errors.ts'
import { type Fields, fieldOf } from './fields.ts'

/** The places of a request where a token may stand. */
export interface TokenPlaces {
  /** The header `Authorization`. */
  readonly authorization: string | undefined
  /** The header `Sec-WebSocket-Protocol`. */
  readonly protocols: string | undefined
  /** The query string, parsed. */
  readonly query: Fields
  /** Whether a token in the query counts; it ends up in logs of proxies and in histories of browsers. */
  readonly allowQuery: boolean
}

const bearer = /^bearer +(\S.*)$/i
const PROTOCOL_PREFIX = 'bearer.'
const queryKeys = ['token', 'access_token', 'auth_token']

/**
 * The token of a request, unchecked: from `Authorization: Bearer …`, else from the WebSocket subprotocol `bearer.<jwt>`, else from
 * the query's `token`, `access_token` or `auth_token` [protocol.md, Connect]. Undefined when there is none.
 *
 * @throws BusError BAD_HANDSHAKE when the query gives its token more than once.
 */
export function findToken(places: TokenPlaces): string | undefined {
  return (
    bearer.exec(places.authorization ?? '')?.[1]?.trimEnd() ??
    findInProtocols(places.protocols ?? '') ??
    (places.allowQuery ? findInQuery(places.query) : undefined)
  )
}

function findInProtocols(protocols: string): string | undefined {
  const found = protocols
    .split(',')
    .map(name => name.trim())
    .find(name => name.startsWith(PROTOCOL_PREFIX))
  return found?.slice(PROTOCOL_PREFIX.length) || undefined
}

function findInQuery(query: Fields): string | undefined {
  for (const key of queryKeys) {
    const value = fieldOf(query, key)
    if (value === undefined || value === '') continue
    if (typeof value === 'string') return value
    throw new BusError('BAD_HANDSHAKE', { faults: [`${key} is not a single text`] })
  }
  return undefined
}
