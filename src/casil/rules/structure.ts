const printable = /^[\x20-\x7e]+$/

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function decodeObject(part: string | undefined): Record<string, unknown> | undefined {
  return part === undefined ? undefined : parseObject(Buffer.from(part, 'base64url').toString('utf8'))
}

/** Whether `token` is a signed JWT: its header is a JSON object with `alg`, its claims are a JSON object (RFC 7519). */
export function isJwt(token: string): boolean {
  const [header, claims] = token.split('.')
  return typeof decodeObject(header)?.alg === 'string' && decodeObject(claims) !== undefined
}

/** Whether `text` is the base64 of a JSON object, in either alphabet. */
export function isEncodedObject(text: string): boolean {
  return decodeObject(text) !== undefined
}

/** Whether the second part of a dotted `token` is a JSON object that names a user in `u`, as Mapbox writes it. */
export function isMapboxToken(token: string): boolean {
  return typeof decodeObject(token.split('.')[1])?.u === 'string'
}

/** Whether `body` is a macaroon of version 2 that starts with the name of a host: what follows the prefix of a PyPI token. */
export function isHostMacaroon(body: string): boolean {
  const bytes = Buffer.from(body, 'base64url')
  const length = bytes[2] ?? 0
  const host = bytes.subarray(3, 3 + length).toString('latin1')
  return bytes[0] === 2 && bytes[1] === 1 && bytes.length > 3 + length && /^[a-z0-9.-]{4,}$/.test(host)
}

/** Whether `text` is the base64 of a number of 17 to 20 digits: the account id that a Discord bot token starts with. */
export function isEncodedSnowflake(text: string): boolean {
  return /^\d{17,20}$/.test(Buffer.from(text, 'base64url').toString('latin1'))
}

/** Whether `text` is the base64 of `name:password` in printable ASCII (RFC 7617). */
export function isBasicCredential(text: string): boolean {
  const plain = Buffer.from(text, 'base64').toString('latin1')
  const colon = plain.indexOf(':')
  return colon > 0 && colon < plain.length - 1 && printable.test(plain)
}

/** Whether `text`, percent-encoded or not, is the base64 of 32 bytes, the size of an HMAC-SHA256. */
export function isEncodedHmac(text: string): boolean {
  const plain = text
    .replace(/%2[Bb]/g, '+')
    .replace(/%2[Ff]/g, '/')
    .replace(/%3[Dd]/g, '=')
  return /^[0-9A-Za-z+/]{43}=$/.test(plain)
}

const template = /^(?:[$<{[%*]|x{3}|\.{3}|PASS(?:WORD|WD)?$|PWD$|SECRET$|YOUR)|REDACTED/

/** Whether `password`, taken from a URL, is more than a place to put one. */
export function isFilledIn(password: string): boolean {
  return password.length > 0 && !template.test(password)
}

/** The password of a URL with credentials: what stands between the first colon after `//` and the last `@`. */
export function passwordOf(url: string): string {
  const authority = url.slice(url.indexOf('//') + 2, url.lastIndexOf('@'))
  return authority.slice(authority.indexOf(':') + 1)
}
