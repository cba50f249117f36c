import type { Json } from '../protocol/json.ts'
import type { CommandArgs, CommandData, CommandName } from './commands.ts'
import { type BusClientError, toClientError } from './error.ts'
import type { BusMessage } from './frames.ts'
import { callSafely } from './listeners.ts'
import type { Ask } from './memberships.ts'

/** Runs a command and resolves with the data of its answer. */
export type Run = <Name extends CommandName>(name: Name, args: CommandArgs<Name>) => Promise<CommandData<Name>>

/** Arguments of a command beside its key, its value or its prefix. */
type More<Name extends CommandName> = Omit<CommandArgs<Name>, 'key' | 'value' | 'prefix'>

/** A change of a key, as on the wire. */
export interface StoreChange {
  readonly namespace: string
  readonly key: string
  readonly operation: 'set' | 'delete' | 'expire'
  readonly version: number
  /** Absent unless the key was set. */
  readonly value?: Json
}

/** How to watch. */
export interface WatchOptions {
  readonly namespace?: string | undefined
  /** Called after a reconnect: changes may have been missed, so read again what matters. */
  readonly onGap?: (() => void) | undefined
}

interface Watch extends WatchOptions {
  readonly prefix: string
  readonly listener: (change: StoreChange) => void
  /** As the server calls it, once it has answered. */
  shown: string | undefined
}

/** The key-value store of the tenant [operators.md, op.store]. Arguments and answers are as on the wire. */
export class BusStore {
  readonly #run: Run
  readonly #onError: (error: BusClientError) => void
  readonly #watches = new Set<Watch>()

  /** @param onError told of watches that could not be taken up again */
  constructor(run: Run, onError: (error: BusClientError) => void) {
    this.#run = run
    this.#onError = onError
  }

  /** Reads a key; `found` says whether it is there. */
  get(key: string, options: More<'op.store.get'> = {}): Promise<CommandData<'op.store.get'>> {
    return this.#run('op.store.get', { key, ...options })
  }

  /** Stores any JSON value but null. With `if_version` only over that version, else CONFLICT; 0 is a key that does not exist. */
  set(key: string, value: Json, options: More<'op.store.set'> = {}): Promise<CommandData<'op.store.set'>> {
    return this.#run('op.store.set', { key, value, ...options })
  }

  /** Removes a key; `deleted` says whether it was there. */
  delete(key: string, options: More<'op.store.delete'> = {}): Promise<CommandData<'op.store.delete'>> {
    return this.#run('op.store.delete', { key, ...options })
  }

  /** Adds to the integer under a key, in one step. */
  increment(key: string, options: More<'op.store.increment'> = {}): Promise<CommandData<'op.store.increment'>> {
    return this.#run('op.store.increment', { key, ...options })
  }

  /** One page of sorted keys; give its `next_cursor` as `cursor` for the next. */
  list(options: CommandArgs<'op.store.list'> = {}): Promise<CommandData<'op.store.list'>> {
    return this.#run('op.store.list', options)
  }

  /**
   * Tells of every change of the keys with the prefix, from when it resolves on, across reconnects; resolves with what ends it.
   * What changes while there is no connection is not told: `onGap` is called instead.
   */
  async watch(
    prefix: string,
    listener: (change: StoreChange) => void,
    options: WatchOptions = {}
  ): Promise<() => Promise<void>> {
    const watch: Watch = { ...options, prefix, listener, shown: undefined }
    const { namespace } = await this.#run('op.store.watch', { prefix, namespace: options.namespace })
    watch.shown = namespace
    this.#watches.add(watch)
    return () => this.#unwatch(watch)
  }

  /** Takes a message if it tells of a change that is watched here; false when it is something else. */
  take({ type, sender, payload }: BusMessage): boolean {
    if (type !== 'system' || sender !== 'arqonbus' || payload.event !== 'store_changed') return false
    const { event: _, ...change } = payload
    const { namespace, key } = payload
    const watches = [...this.#watches].filter(one => one.shown === namespace && String(key).startsWith(one.prefix))
    for (const { listener } of watches) callSafely(listener, change as unknown as StoreChange)
    return watches.length > 0
  }

  /** Watches on a new connection what was watched on the last. */
  async restore(ask: Ask): Promise<void> {
    for (const watch of [...this.#watches]) {
      try {
        await ask('op.store.watch', { prefix: watch.prefix, namespace: watch.namespace })
        watch.onGap?.()
      } catch (cause) {
        const error = toClientError(cause)
        if (error.code === 'CLOSED') throw error
        this.#watches.delete(watch)
        this.#onError(error)
      }
    }
  }

  /** Forgets every watch. */
  close(): void {
    this.#watches.clear()
  }

  /** The server knows a prefix once, however many listen to it. */
  async #unwatch(watch: Watch): Promise<void> {
    if (!this.#watches.delete(watch)) return
    const isShared = [...this.#watches].some(({ prefix, shown }) => prefix === watch.prefix && shown === watch.shown)
    if (!isShared) await this.#run('op.store.unwatch', { prefix: watch.prefix, namespace: watch.namespace })
  }
}
