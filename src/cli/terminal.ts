/** What a subcommand knows of the process that runs it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** Writes text to standard output, as it is. */
  write(text: string): void
  /** Writes text to standard error, as it is. */
  writeError(text: string): void
}

/** A subcommand that could not do what it was asked to. The message is what the user reads after `arqon: `. */
export class Failure extends Error {
  override readonly name = 'Failure'
}
