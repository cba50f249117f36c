import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../../../src/cli/program.ts'
import { runArqon } from './arqon.ts'

/** Runs in this process: a usage error ends before anything is opened. */
async function misuse(args: readonly string[], env: Record<string, string> = {}) {
  let stdout = ''
  let stderr = ''
  const code = await runProgram(args, {
    env,
    signal: new AbortController().signal,
    write: text => {
      stdout += text
    },
    writeError: text => {
      stderr += text
    }
  })
  return { code, stdout, stderr }
}

const misuses: readonly (readonly [readonly string[], string])[] = [
  [['nope'], "unknown command 'nope'"],
  [['status', 'now'], "too many arguments for 'status'. Expected 0 arguments but got 1."],
  [['status', '--nope'], "unknown option '--nope'"],
  [['status', '--http-url'], "option '--http-url <url>' argument missing"],
  ...['bus', 'ws://127.0.0.1'].map(
    url =>
      [
        ['version', '--http-url', url],
        `option '--http-url <url>' argument '${url}' is invalid. It must be a URL that begins with http:// or https://.`
      ] as const
  ),
  [
    ['tail', '--ws-url', 'http://host'],
    "option '--ws-url <url>' argument 'http://host' is invalid. It must be a URL that begins with ws:// or wss://."
  ],
  [
    ['tail', '--ws-url', 'ws://u:p@host'],
    "option '--ws-url <url>' argument 'ws://u:p@host' is invalid. It must hold no user name or password."
  ],
  ...['-1', '1.5', 'x', '', '1e3', '99999999999999999999'].map(
    limit =>
      [
        ['tail', '--limit', limit],
        `option '--limit <count>' argument '${limit}' is invalid. It must be a whole number, 0 or more.`
      ] as const
  ),
  ...['0', '-1', 'x', '', 'Infinity', '2147484'].map(
    seconds =>
      [
        ['tail', '--timeout-seconds', seconds],
        `option '--timeout-seconds <seconds>' argument '${seconds}' is invalid. It must be a number over 0 and up to 2147483.`
      ] as const
  ),
  ...['x', ': 1', 'a b: 1', 'a: \u0001', 'a: b\nc: d'].map(
    header =>
      [
        ['tail', '--header', header],
        `option '--header <name:value>' argument '${header}' is invalid. It must be a name, a colon and a value.`
      ] as const
  ),
  [['tail', '--send', '{'], "option '--send <json>' argument '{' is invalid. It must be JSON."]
]

for (const [args, reason] of misuses) {
  test(`refuses ${JSON.stringify(args.join(' '))}`, async () => {
    assert.deepEqual(await misuse(args), { code: 2, stdout: '', stderr: `arqon: ${reason}\n` })
  })
}

test('refuses a bad URL in the environment of the subcommand that uses it', async () => {
  const env = { ARQONBUS_HTTP_URL: 'nowhere', ARQONBUS_WS_URL: 'nowhere' }
  assert.deepEqual(await misuse(['tail'], env), {
    code: 2,
    stdout: '',
    stderr: 'arqon: ARQONBUS_WS_URL is invalid. It must be a URL that begins with ws:// or wss://.\n'
  })
  assert.match((await misuse(['status'], env)).stderr, /^arqon: ARQONBUS_HTTP_URL is invalid/)
})

test('explains itself on standard error when it is given nothing to do', async () => {
  const { code, stdout, stderr } = await misuse([])
  assert.deepEqual([code, stdout], [2, ''])
  for (const name of ['status', 'tail', 'version']) assert.match(stderr, new RegExp(`^ {2}${name} `, 'm'))
})

test('explains itself on standard output when asked to', async () => {
  const { code, stdout, stderr } = await misuse(['tail', '--help'])
  assert.deepEqual([code, stderr], [0, ''])
  for (const flag of ['--ws-url', '--jwt', '--header', '--limit', '--timeout-seconds', '--send', '--raw']) {
    assert(stdout.includes(flag))
  }
})

test('ends the process with the exit code of a usage error', async t => {
  assert.deepEqual(await runArqon(t, ['nope']), { code: 2, stdout: '', stderr: "arqon: unknown command 'nope'\n" })
})
