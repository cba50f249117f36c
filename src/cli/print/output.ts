import { Option } from 'commander'
import { formatJson } from '../json.ts'
import type { Terminal } from '../terminal.ts'
import { type Style, styleOf, unstyled } from './style.ts'
import { type Column, formatTable } from './table.ts'

/** What `--json` says. */
export interface OutputOptions {
  readonly json?: true
}

/**
 * Standard output with two faces: for people on a terminal, JSON lines in a pipe and with `--json`. A JSON line is one line of JSON
 * with sorted keys.
 */
export class Output {
  readonly isForPeople: boolean
  /** Colours of standard output; none in JSON. */
  readonly style: Style
  /** Colours of standard error. */
  readonly errorStyle: Style
  readonly #terminal: Terminal
  #hasHead = false

  constructor(terminal: Terminal, options: OutputOptions) {
    this.isForPeople = terminal.columns !== undefined && options.json !== true
    this.style = this.isForPeople ? styleOf(terminal.env, true) : unstyled
    this.errorStyle = styleOf(terminal.env, terminal.isErrorTerminal)
    this.#terminal = terminal
  }

  /** One thing: a JSON line, or what it looks like to people. */
  print(record: unknown, describe: () => string): void {
    if (!this.isForPeople) this.#terminal.write(`${formatJson(record)}\n`)
    else this.#terminal.write(endLine(describe()))
  }

  /** Things of one kind: a JSON line each, or a table. A further page goes on below. */
  printRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    if (!this.isForPeople) {
      for (const row of rows) this.#terminal.write(`${formatJson(row)}\n`)
      return
    }
    const options = { style: this.style, columns: this.#terminal.columns, hasHead: !this.#hasHead }
    this.#terminal.write(formatTable(columns, rows, options))
    this.#hasHead ||= rows.length > 0
  }

  /** What people want to know and programs do not: a dim line, on a terminal only. */
  remark(sentence: string): void {
    if (this.isForPeople) this.#terminal.write(`${this.style.dim(sentence)}\n`)
  }

  /** What is worth knowing while the work goes on: a line on standard error. */
  note(sentence: string): void {
    this.#terminal.writeError(`${this.errorStyle.dim('arqon:')} ${sentence}\n`)
  }
}

/** `--json`. */
export function jsonOption(): Option {
  return new Option('--json', 'print JSON lines, as in a pipe')
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
