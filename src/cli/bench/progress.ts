import { type Style, styleOf } from '../print/style.ts'
import type { Terminal } from '../terminal.ts'

const WIDTH = 30
const REDRAW_MS = 100

/** A bar on standard error that fills, where that is a terminal; else nothing. */
export class Progress {
  readonly #terminal: Terminal
  readonly #style: Style
  #shownAtMs = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#style = styleOf(terminal.env, terminal.isErrorTerminal)
  }

  /** @param part from 0 to 1 */
  show(part: number, text: string): void {
    const nowMs = this.#terminal.now()
    if (!this.#terminal.isErrorTerminal || nowMs - this.#shownAtMs < REDRAW_MS) return
    this.#shownAtMs = nowMs
    const full = Math.round(Math.min(1, part) * WIDTH)
    const bar = this.#style.cyan('█'.repeat(full)) + this.#style.dim('░'.repeat(WIDTH - full))
    this.#terminal.writeError(`\r\u001b[K${bar} ${text}`)
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#terminal.isErrorTerminal) this.#terminal.writeError('\r\u001b[K')
  }
}
