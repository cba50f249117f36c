/** How a record is written. */
export interface RecordOptions {
  /** Milliseconds from now until the record is gone by itself; absent: never. A write without it lifts an earlier end. */
  readonly ttlMs?: number | undefined
}

/** Told what stands under an id; undefined when it is gone. Called synchronously, must be quick and must not throw. */
export type RecordListener = (id: string, text: string | undefined) => void

/**
 * Records of one kind that all nodes of a cluster have in common [cluster.md, The port]: what one node writes, all learn of. Every
 * operation on one record is atomic, and all nodes see its changes in one order. Every operation may reject with
 * ENGINE_UNAVAILABLE, and then it is not known whether it was done; what is too large is LIMIT_EXCEEDED.
 */
export interface Records {
  /**
   * Tells all that is there, and resolves; from then on tells every change, those made on this node before the call that makes them
   * resolves. To be called once.
   */
  follow(take: RecordListener): Promise<void>

  /** Writes a record where there is none. False, and nothing changed, when there is one: of any number of nodes exactly one succeeds. */
  create(id: string, text: string, options?: RecordOptions): Promise<boolean>

  put(id: string, text: string, options?: RecordOptions): Promise<void>

  /**
   * Changes a record in one step. `change` gets what is there and returns what shall be there instead, or undefined to leave it;
   * it is called again when another node comes first. True when something was written.
   */
  update(
    id: string,
    change: (text: string | undefined) => string | undefined,
    options?: RecordOptions
  ): Promise<boolean>

  /** False, and nothing changed, when there was none, or when `isMeant` says of what is there that it is another. */
  delete(id: string, isMeant?: (text: string) => boolean): Promise<boolean>
}

/** Gives the records of a kind. A kind is a name [limits.md, Limits]. */
export type OpenRecords = (kind: string) => Records
