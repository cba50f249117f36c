/** What a subcommand knows of the process that runs it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal
  /** Columns of the terminal that standard output is; undefined when it is a pipe or a file. */
  readonly columns: number | undefined
  /** Whether standard error is a terminal. */
  readonly isErrorTerminal: boolean
  /** What standard input holds; undefined when it is a terminal. */
  readonly input: TerminalInput | undefined
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /** Writes text to standard output, as it is. */
  write(text: string): void
  /** Writes text to standard error, as it is. */
  writeError(text: string): void
}

/** Standard input as text. */
export interface TerminalInput {
  /** The lines, as they come, without their ends. */
  lines(): AsyncIterable<string>
  /** All of it. */
  text(): Promise<string>
}

/** A subcommand that could not do what it was asked to. The message is what the user reads after `arqon: `. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** A failure of which everything has been printed already. */
export class SilentFailure extends Failure {}
