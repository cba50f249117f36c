import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { unpainted } from '../src/cli/terminal.ts'
import { programArgs } from '../support/program.ts'
import { type CommandLine, startCommandLine } from './cli.ts'

const hasScript = spawnSync('script', ['-qec', 'exit 0', '/dev/null'], { stdio: 'ignore' }).status === 0

/** What `arqon` shows on a terminal: on a real one where the machine can make one, else on one that is told to be. */
async function onTerminal(
  t: TestContext,
  line: CommandLine,
  args: readonly string[],
  env: Record<string, string> = {}
) {
  if (!hasScript) return line.show(args, { isErrorTerminal: true, env: { NO_COLOR: '', ...env } })
  const command = [process.execPath, ...programArgs('src/cli/main'), ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh', ...line.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.after(() => child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, stdout: stdout.replaceAll('\r\n', '\n') }
}

test('a terminal gets a table in colours', async t => {
  const line = await startCommandLine(t)
  const { code, stdout } = await onTerminal(t, line, ['channels', 'science'])
  assert.equal(code, 0)
  assert.ok(stdout.includes('\u001b[36mscience:explore'))
  assert.match(
    unpainted(stdout),
    /^CHANNEL +MEMBERS {2}TYPE +LAST ACTIVITY +DESCRIPTION\nscience:design +0 {2}system {2}/
  )
  assert.match(unpainted(stdout), /\n7 channels\n$/)
})

test('a terminal gets no colours with NO_COLOR', async t => {
  const line = await startCommandLine(t)
  const { stdout } = await onTerminal(t, line, ['channels', 'science'], { NO_COLOR: '1' })
  assert.ok(!stdout.includes('\u001b'))
  assert.match(stdout, /^CHANNEL/)
})

test('a terminal gets JSON lines when it asks for them', async t => {
  const line = await startCommandLine(t)
  const { stdout } = await onTerminal(t, line, ['pub', 'a:b', '{"n":1}', '--json'])
  assert.equal(JSON.parse(stdout).sequence, 1)
})

test('what strangers publish cannot steer a terminal', async t => {
  const line = await startCommandLine(t)
  const alice = await line.server.connect()
  await alice.ask({ type: 'message', room: 'a', channel: 'b', payload: { text: '\u001b[2J\u009b\u2028' } })
  const { stdout } = await onTerminal(t, line, ['history', 'a:b'])
  assert.ok(stdout.includes('"\\u001b[2J\\u009b\\u2028"'))
})

test('status and version print the same JSON on a terminal as in a pipe', async t => {
  const line = await startCommandLine(t)
  const { stdout } = await onTerminal(t, line, ['version'])
  assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), null, 2)}\n`)
})
