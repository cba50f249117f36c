import {
  type AddressRange,
  isExactly,
  isMetadata,
  isPublic,
  isTunnel,
  isWithin,
  parseAddress,
  parseRange
} from './addresses.ts'

/** Decides which addresses may be connected to [operators.md, op.webhook]. */
export interface AddressGuard {
  /**
   * Faults of a URL as one can see them without asking the name service: scheme, credentials, hosts that are forbidden
   * addresses in any spelling. Empty when it may be registered. Every forbidden address is refused with the same sentence.
   */
  findUrlFaults(url: string): readonly string[]
  /** Whether a resolved address, the text of an IPv4 or IPv6 address, may be connected to. */
  isAllowed(address: string): boolean
}

/**
 * Allows public unicast addresses and what `allowedCidrs` covers: addresses or CIDR ranges; a text that is neither
 * allows nothing. The addresses at which clouds answer their machines are allowed only when named alone, and the forms
 * that take IPv4 through a gateway (6to4, Teredo, IPv4-compatible) never. IPv4-mapped and NAT64 addresses are judged
 * as the IPv4 address in them.
 */
export function createAddressGuard(allowedCidrs: readonly string[]): AddressGuard {
  const allowed = allowedCidrs.map(parseRange).filter((range): range is AddressRange => range !== undefined)

  function isAllowed(text: string): boolean {
    const address = parseAddress(text)
    if (address === undefined || isTunnel(address)) return false
    if (isMetadata(address)) return allowed.some(range => isExactly(address, range))
    return isPublic(address) || allowed.some(range => isWithin(address, range))
  }

  function isAllowedHost(hostname: string): boolean {
    const host = hostname.replace(/^\[|\]$|\.+$/g, '')
    if (host === 'localhost' || host.endsWith('.localhost')) return isAllowed('127.0.0.1') || isAllowed('::1')
    return /^[\d.]*$|:/.test(host) ? isAllowed(host) : true
  }

  return {
    findUrlFaults(url) {
      if (!URL.canParse(url)) return ['url: must be a URL']
      const { protocol, username, password, hostname } = new URL(url)
      if (protocol !== 'http:' && protocol !== 'https:') return ['url: must be http or https']
      const faults: string[] = []
      if (username !== '' || password !== '') faults.push('url: must not carry credentials')
      if (!isAllowedHost(hostname)) faults.push('url: this address cannot be used')
      return faults
    },
    isAllowed
  }
}

const MAX_HEADERS = 20
const MAX_NAME_LENGTH = 64
const MAX_VALUE_LENGTH = 1024
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const visible = /^[\t\x20-\x7e]*$/

/** Headers that belong to the server, the message, the connection or the proxies on the way, in lower case. */
const reserved = new Set([
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade'
])
const reservedPrefix = /^(proxy-|webhook-|x-forwarded-)/

/**
 * Every fault of the headers that a rule wants to set: at most 20, names of at most 64 characters that are tokens, not
 * reserved and not twice there, values of at most 1,024 visible ASCII characters, blanks and tabs. Of more than 20 only
 * that is said. A header whose name is not fit to be shown is named by its place, from 1.
 */
export function findHeaderFaults(headers: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(headers)
  if (entries.length > MAX_HEADERS) return [`headers: must be at most ${MAX_HEADERS}`]
  const faults: string[] = []
  const seen = new Set<string>()
  for (const [index, [name, value]] of entries.entries()) {
    const key = name.toLowerCase()
    const isNamable = token.test(name) && name.length <= MAX_NAME_LENGTH
    const field = isNamable ? `headers.${name}` : `headers[${index + 1}]`
    if (!isNamable) faults.push(`${field}: the name must be a token of 1 to ${MAX_NAME_LENGTH} characters`)
    if (reserved.has(key) || reservedPrefix.test(key)) faults.push(`${field}: must not be set`)
    if (seen.has(key)) faults.push(`${field}: must be there once`)
    if (value.length > MAX_VALUE_LENGTH || !visible.test(value)) {
      faults.push(`${field}: must be at most ${MAX_VALUE_LENGTH} visible ASCII characters`)
    }
    seen.add(key)
  }
  return faults
}
