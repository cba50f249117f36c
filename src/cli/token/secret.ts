import type { Command } from 'commander'
import { readSecretFile } from '../access.ts'
import type { Terminal } from '../terminal.ts'

/** What `--secret-file` says. */
export interface SecretOptions {
  readonly secretFile?: string
}

const VARIABLE = 'ARQONBUS_AUTH_JWT_SECRET'

/** The server takes no shorter one [limits.md, Limits]. */
export const MIN_SECRET_BYTES = 32

/** What is said when there is no secret. */
export const SECRET_ADVICE = `give it with --secret-file, $${VARIABLE} or $${VARIABLE}_FILE`

/** Adds `--secret-file`. There is no option for the secret itself: everybody on the machine can read the arguments of a program. */
export function takeSecretOptions(command: Command): Command {
  return command.option(
    '--secret-file <path>',
    `file with the secret of HS256 (default: $${VARIABLE}, $${VARIABLE}_FILE)`
  )
}

/**
 * The secret that the server signs with, from where the server takes it too; undefined when there is none.
 * @throws Failure when a file that is named cannot be read
 */
export function readSecret({ secretFile }: SecretOptions, { env }: Terminal): string | undefined {
  if (secretFile !== undefined) return readSecretFile(secretFile, 'secret')
  if (env[VARIABLE]) return env[VARIABLE]
  const path = env[`${VARIABLE}_FILE`]
  return path ? readSecretFile(path, 'secret') : undefined
}
