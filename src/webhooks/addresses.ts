import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** An address of either version, with IPv4 in its plain form however it was wrapped. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** A CIDR range of either version. */
export interface AddressRange {
  readonly first: Address
  readonly bits: number
}

/** Where clouds answer their machines. What is asked there can give away the machine, so a wide range never allows it. */
const metadata = [
  '100.100.100.200',
  '168.63.129.16',
  '169.254.0.23',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '192.0.0.192',
  'fd00:ec2::23',
  'fd00:ec2::254',
  'fd20:ce::254'
].map(text => ipaddr.parse(text).toNormalizedString())

/** Forms that carry an IPv4 address through a gateway nobody here knows: what they reach cannot be judged. */
const tunnels = ['64:ff9b:1::/48', '::ffff:0:0:0/96', '2001::/32', '2002::/16'].map(rangeOf)
const compatible = rangeOf('::/96')
const translated = rangeOf('64:ff9b::/96')
const globalUnicast = rangeOf('2000::/3')

/** The address that a text stands for; undefined when it is none, or is bound to one interface. */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined
  const address = ipaddr.process(text)
  return isWithin(address, translated) ? ipaddr.fromByteArray(address.toByteArray().slice(12)) : address
}

/** Reads an address or a CIDR range; undefined when the text is neither. A range of IPv4-mapped addresses counts as IPv4. */
export function parseRange(text: string): AddressRange | undefined {
  const version = isIP(text.replace(/\/\d+$/, ''))
  const cidr = text.includes('/') ? text : `${text}/${version === 4 ? 32 : 128}`
  if (version === 0 || !ipaddr.isValidCIDR(cidr)) return undefined
  const { first, bits } = rangeOf(cidr)
  const isMapped = first instanceof ipaddr.IPv6 && bits >= 96 && first.isIPv4MappedAddress()
  return isMapped ? { first: first.toIPv4Address(), bits: bits - 96 } : { first, bits }
}

/** Whether the range covers the address. */
export function isWithin(address: Address, { first, bits }: AddressRange): boolean {
  return address.kind() === first.kind() && address.match(first, bits)
}

/** Whether the range is this one address. */
export function isExactly(address: Address, range: AddressRange): boolean {
  return isWithin(address, range) && range.bits === (address.kind() === 'ipv4' ? 32 : 128)
}

/** Whether a cloud answers its machines there. */
export function isMetadata(address: Address): boolean {
  return metadata.includes(address.toNormalizedString())
}

/** Whether the address hides an IPv4 address in a way that cannot be judged. */
export function isTunnel(address: Address): boolean {
  if (isWithin(address, compatible)) return !['unspecified', 'loopback'].includes(address.range())
  return tunnels.some(range => isWithin(address, range))
}

/** Whether the address belongs to one machine of the public Internet. */
export function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isWithin(address, globalUnicast))
}

function rangeOf(cidr: string): AddressRange {
  const [first, bits] = ipaddr.parseCIDR(cidr)
  return { first, bits }
}
