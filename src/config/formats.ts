import { createPublicKey } from 'node:crypto'
import { isIP } from 'node:net'
import { isName } from '../protocol/address.ts'

/** Checks of single texts, by the name that `format` gives them in the schema. They see no empty text. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  cidr: isRange,
  host: text => /^[A-Za-z0-9._:%-]{1,255}$/.test(text),
  'http-url': text => isUrl(text, ['http:', 'https:']) && !hasCredentials(text),
  name: isName,
  'nats-url': text => text.split(',').every(server => isUrl(server.trim(), ['nats:', 'tls:'])),
  network: isNetwork,
  origin: isOrigin,
  'public-key': isPublicKey,
  text: text => text.length <= 256
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol)
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

/** An address, a CIDR range, or a name that the proxy check knows. */
function isNetwork(text: string): boolean {
  return ['loopback', 'linklocal', 'uniquelocal'].includes(text) || isRange(text)
}

/** An address, or a CIDR range. */
function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** `*`, or the text a browser puts into `Origin`: lower case, no path, no default port. Another form would never match. */
function isOrigin(text: string): boolean {
  if (text === '*') return true
  if (text.includes('*') || !URL.canParse(text)) return false
  const { origin } = new URL(text)
  return origin === 'null' ? /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d+)?$/.test(text) : origin === text
}

function isPublicKey(text: string): boolean {
  if (text.includes('PRIVATE KEY')) return false
  try {
    return createPublicKey(text).type === 'public'
  } catch {
    return false
  }
}
