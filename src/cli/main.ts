#!/usr/bin/env node
import { runProgram } from './program.ts'

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  signal: interrupt.signal,
  write: text => process.stdout.write(text),
  writeError: text => process.stderr.write(text)
})
