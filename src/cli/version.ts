import type { Command } from 'commander'
import { declareReport } from './report.ts'
import type { Terminal } from './terminal.ts'

/** `arqon version` [protocol.md, Command line]. */
export function declareVersion(program: Command, terminal: Terminal): void {
  declareReport(program, terminal, 'version', 'print the version of the server as JSON')
}
