import type { Command } from 'commander'
import { declareReport } from './report.ts'
import type { Terminal } from './terminal.ts'

/** `arqon status` [protocol.md, Command line]. */
export function declareStatus(program: Command, terminal: Terminal): void {
  declareReport(program, terminal, 'status', 'print the state of the server as JSON')
}
