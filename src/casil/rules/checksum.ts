import { crc32 } from 'node:zlib'

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function inBase62(value: number, length: number): string {
  let rest = value
  let text = ''
  while (rest > 0) {
    text = base62.charAt(rest % base62.length) + text
    rest = Math.floor(rest / base62.length)
  }
  return text.padStart(length, '0')
}

/** Six base-62 digits (0-9, A-Z, a-z) of the CRC-32 of `text`: the end of GitHub's and npm's tokens. */
export function crc32Base62(text: string): string {
  return inBase62(crc32(text), 6)
}

/** Seven base-36 digits (0-9, a-z) of the CRC-32 of `text`: the end of GitLab's routable tokens. */
export function crc32Base36(text: string): string {
  return crc32(text).toString(36).padStart(7, '0')
}

/** Eight hexadecimal digits of the CRC-32 of `text`, lowest byte first: the end of Grafana's tokens. */
export function crc32HexReversed(text: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(crc32(text))
  return bytes.toString('hex')
}

/** Whether the last six characters of `body`, a token without its prefix, are the checksum of those before. */
export function endsWithCrc32Base62(body: string): boolean {
  return body.length > 6 && crc32Base62(body.slice(0, -6)) === body.slice(-6)
}

const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const bech32Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

function bech32Remainder(values: readonly number[]): number {
  let remainder = 1
  for (const value of values) {
    const top = remainder >>> 25
    remainder = ((remainder & 0x1ffffff) << 5) ^ value
    for (const [bit, term] of bech32Generator.entries()) if ((top >>> bit) & 1) remainder ^= term
  }
  return remainder
}

/** Whether `text`, all in one case, ends in its own Bech32 checksum (BIP 173): age writes its keys so. */
export function isBech32(text: string): boolean {
  const plain = text.toLowerCase()
  const separator = plain.lastIndexOf('1')
  const codes = [...plain.slice(0, separator)].map(character => character.charCodeAt(0))
  const data = [...plain.slice(separator + 1)].map(character => bech32.indexOf(character))
  if (separator < 1 || data.includes(-1)) return false
  return bech32Remainder([...codes.map(code => code >> 5), 0, ...codes.map(code => code & 31), ...data]) === 1
}
