import { createRequire } from 'node:module'

const manifest: { readonly version: string } = createRequire(import.meta.url)('arqonbus/package.json')

/** Version of the server, as its package says. */
export const VERSION = manifest.version

/** Version of the wire protocol that the server speaks [protocol.md, Envelope]. */
export const PROTOCOL_VERSION = '1.0'

/** What the process was built from. */
export interface Build {
  /** `unknown` if the build did not say. */
  readonly gitCommit: string
  /** `unknown` if the build did not say. */
  readonly buildDate: string
}

/** Reads what the build left in the environment: `ARQONBUS_BUILD_COMMIT` and `ARQONBUS_BUILD_DATE`. */
export function readBuild(env: Readonly<Record<string, string | undefined>>): Build {
  return { gitCommit: env.ARQONBUS_BUILD_COMMIT || 'unknown', buildDate: env.ARQONBUS_BUILD_DATE || 'unknown' }
}
