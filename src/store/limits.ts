import { BusError } from '../errors.ts'
import type { StoreStats } from './store.ts'

/** Bounds on what is kept [limits.md, Limits]; the names are those of the configuration. */
export interface StoreLimits {
  /** Of one tenant. */
  readonly maxStoreKeys: number
  /** UTF-8 bytes. */
  readonly maxStoreKeyBytes: number
  /** UTF-8 bytes of the JSON text. */
  readonly maxStoreValueBytes: number
  /** Of all keys and values of one tenant. */
  readonly maxStoreBytes: number
  readonly maxStoreTtlSeconds: number
  /** Keys in one answer. */
  readonly maxStorePage: number
}

/** What is about to be written. */
export interface Write {
  readonly key: string
  readonly text: string
  readonly ttlMs: number | undefined
}

/** Bytes that an entry counts for. */
export function bytesOf(key: string, text: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(text)
}

/** @throws {BusError} LIMIT_EXCEEDED for a key, or a prefix of keys, that is too long */
export function checkKey(limits: StoreLimits, key: string): void {
  if (isLongKey(limits, key)) throw exceeded(sayKey(limits))
}

/** @throws {BusError} LIMIT_EXCEEDED naming every bound that the entry by itself would pass */
export function checkWrite(limits: StoreLimits, { key, text, ttlMs = 0 }: Write): void {
  const { maxStoreValueBytes, maxStoreTtlSeconds } = limits
  const bounds: string[] = []
  if (isLongKey(limits, key)) bounds.push(sayKey(limits))
  if (Buffer.byteLength(text) > maxStoreValueBytes) bounds.push(`a value can have ${maxStoreValueBytes} bytes of JSON`)
  if (ttlMs > maxStoreTtlSeconds * 1000) bounds.push(`a value that has an end can live ${maxStoreTtlSeconds} seconds`)
  if (bounds.length > 0) throw exceeded(...bounds)
}

/** @throws {BusError} LIMIT_EXCEEDED naming the bounds of a tenant that what is added to what it has would pass */
export function checkQuotas({ maxStoreKeys, maxStoreBytes }: StoreLimits, has: StoreStats, added: StoreStats): void {
  const bounds: string[] = []
  if (added.keys > 0 && has.keys + added.keys > maxStoreKeys)
    bounds.push(`a tenant can have ${maxStoreKeys} stored keys`)
  if (added.bytes > 0 && has.bytes + added.bytes > maxStoreBytes)
    bounds.push(`a tenant can have ${maxStoreBytes} bytes of keys and values`)
  if (bounds.length > 0) throw exceeded(...bounds)
}

/** The refusal of what passes bounds, which are told as what can be. */
export function exceeded(...bounds: readonly string[]): BusError {
  return new BusError('LIMIT_EXCEEDED', { message: `Limit exceeded: ${bounds.join('; ')}` })
}

function isLongKey({ maxStoreKeyBytes }: StoreLimits, key: string): boolean {
  return Buffer.byteLength(key) > maxStoreKeyBytes
}

function sayKey({ maxStoreKeyBytes }: StoreLimits): string {
  return `a key can have ${maxStoreKeyBytes} bytes`
}
