// Made by `npm run docs:generate` from src/commands.
import type { Json } from '../../protocol/json.ts'

/** Commands with their arguments and the data of their answers. */
export interface StoreCommands {
  /** Remove a key with its value. */
  'op.store.delete': {
    args: { readonly key: string; readonly namespace?: string | undefined; readonly if_version?: number | undefined }
    result: { readonly namespace: string; readonly key: string; readonly deleted: boolean }
  }
  /** Read the value under a key. */
  'op.store.get': {
    args: { readonly key: string; readonly namespace?: string | undefined }
    result: {
      readonly namespace: string
      readonly key: string
      readonly found: boolean
      readonly value: Json
      readonly version: number
    }
  }
  /** Add to the integer under a key, in one step. */
  'op.store.increment': {
    args: { readonly key: string; readonly by?: number | undefined; readonly namespace?: string | undefined }
    result: { readonly namespace: string; readonly key: string; readonly value: number; readonly version: number }
  }
  /** List the keys of a namespace, sorted; many come in pages. */
  'op.store.list': {
    args: {
      readonly namespace?: string | undefined
      readonly prefix?: string | undefined
      readonly cursor?: string | undefined
      readonly limit?: number | undefined
    }
    result: {
      readonly namespace: string
      readonly count: number
      readonly keys: readonly string[]
      readonly next_cursor?: string | undefined
    }
  }
  /** Store a value under a key, for as long as is said or until it is deleted. */
  'op.store.set': {
    args: {
      readonly key: string
      readonly value: Json
      readonly namespace?: string | undefined
      readonly ttl_seconds?: number | undefined
      readonly if_version?: number | undefined
    }
    result: { readonly namespace: string; readonly key: string; readonly updated: true; readonly version: number }
  }
  /** Be told no more of what `op.store.watch` named with the same prefix. */
  'op.store.unwatch': {
    args: { readonly prefix: string; readonly namespace?: string | undefined }
    result: { readonly namespace: string; readonly prefix: string; readonly watching: false }
  }
  /** Be told of every change of the keys with a prefix, until the connection ends. */
  'op.store.watch': {
    args: { readonly prefix: string; readonly namespace?: string | undefined }
    result: { readonly namespace: string; readonly prefix: string; readonly watching: true }
  }
}
