import { nuid } from '@nats-io/transport-node'
import { isOlder } from './versions.ts'

/** What is known of a stream, as far as it tells which one it is. */
export interface Incarnation {
  readonly config: { readonly metadata?: Readonly<Record<string, string>> | undefined }
  readonly created: unknown
}

const NAME = 'arqonbus_identity'
/** Older servers keep no words with a stream. They are used only one at a time [cluster.md]. */
const SINCE = '2.10.0'

/** The configuration of a stream that is to be made, with what tells it from any other that ever has its name. */
export function identified<T extends object>(config: T, version: string): T & { metadata?: Record<string, string> } {
  if (isOlder(version, SINCE)) return config
  return { ...config, metadata: { [NAME]: nuid.next() } }
}

/**
 * Which stream it is. Its time of creation would not do: each server of a cluster has its own until it has heard of the others, so that
 * it is another one for a while after all of them were started again.
 */
export function identityOf({ config, created }: Incarnation): string {
  return config.metadata?.[NAME] ?? String(created)
}
