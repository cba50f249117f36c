#!/usr/bin/env node
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { runProgram } from './program.ts'
import type { TerminalInput } from './terminal.ts'

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

const { stdin, stdout, stderr } = process
/** A terminal that does not tell its size is as wide as the first ones were. */
const columns = stdout.isTTY ? stdout.columns || 80 : undefined
const input: TerminalInput = {
  lines: () => createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  text: () => text(stdin)
}

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  signal: interrupt.signal,
  columns,
  isErrorTerminal: stderr.isTTY === true,
  input: stdin.isTTY ? undefined : input,
  now: () => Date.now(),
  random: () => Math.random(),
  write: part => stdout.write(part),
  writeError: part => stderr.write(part)
})
// Standard input that nobody reads to its end would keep the process.
stdin.destroy()
