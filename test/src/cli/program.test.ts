import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runArqon } from './arqon.ts'
import { runHere } from './terminal.ts'

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
  [['tail', '--send', '{'], "option '--send <json>' argument '{' is invalid. It must be JSON."],
  [['tail', '--jwt', 'a', '--jwt-file', 'b'], "option '--jwt-file <path>' cannot be used with option '--jwt <token>'"],
  [['pub', 'science:explore'], 'a payload is missing: give JSON, --text, or lines in a pipe'],
  [['pub', 'science:explore', '[]'], 'the payload is invalid. It must be a JSON object; use --text for text.'],
  [['pub', 'science:explore', '{}', '--text', 'a'], 'a payload and --text cannot be used together'],
  [
    ['pub', 'a:b:c', '{}'],
    "command-argument value 'a:b:c' is invalid for argument 'address'. It must be room:channel or a room, such as science:explore or science."
  ],
  [
    ['pub', 'a', '{}', '--type', 'private'],
    "option '--type <type>' argument 'private' is invalid. Allowed choices are message, event."
  ],
  [['sub', 'a:b', '--since', '1'], '--since and --epoch belong together'],
  [['sub', 'a:b', 'a:c', '--since', '1', '--epoch', 'e'], '--since is for one channel'],
  [['sub', 'a', '--since', '1', '--epoch', 'e'], '--since is for one channel'],
  [['sub', 'a', 'b'], 'only one room as a whole can be followed'],
  [
    ['sub', 'a', '--filter', 'payload'],
    "option '--filter <path=pattern>' argument 'payload' is invalid. It must be path=pattern or path!=pattern, such as payload.kind=alarm*."
  ],
  [['cmd', 'whoami', 'limit'], '"limit" is neither key=value nor, alone, a JSON object.'],
  [
    ['history', 'a:b', '--limit', '0'],
    "option '--limit <count>' argument '0' is invalid. It must be a whole number, 1 or more."
  ],
  [
    ['store', 'incr', 'n', '--by', '0.5'],
    "option '--by <number>' argument '0.5' is invalid. It must be a whole number."
  ],
  ...['0', '-1s', '1 week', ''].map(
    time =>
      [
        ['store', 'set', 'a', '1', '--ttl', time],
        `option '--ttl <time>' argument '${time}' is invalid. It must be a time over 0, such as 90, 90s, 15m, 1h or 7d.`
      ] as const
  ),
  [
    ['cron', 'schedule', 'science', '{}'],
    "command-argument value 'science' is invalid for argument 'address'. It must be room:channel, such as science:explore."
  ],
  [
    ['webhook', 'register', 'http://127.0.0.1', '--post-header', 'x'],
    '--post-header must be a name, a colon and a value.'
  ],
  [['casil', 'set', '[1]'], '"[1]" is neither key=value nor, alone, a JSON object.'],
  [['casil', 'set', '{1}'], 'It must be JSON.'],
  [['token', 'mint'], "required option '--sub <subject>' not specified"],
  [['bench', '--members', '1001'], "option '--members <count>' argument '1001' is invalid. It must be up to 1000."],
  [
    ['completion', 'tcsh'],
    "command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish."
  ]
]

test('guesses what a misspelt subcommand or option was meant to be', async () => {
  assert.equal((await runHere(['stauts'])).stderr, "arqon: unknown command 'stauts'\n(Did you mean status?)\n")
  assert.equal((await runHere(['tail', '--lmit'])).stderr, "arqon: unknown option '--lmit'\n(Did you mean --limit?)\n")
})

test('a group of subcommands explains itself when it is given nothing to do', async () => {
  for (const group of ['store', 'cron', 'webhook', 'casil', 'token']) {
    const { code, stdout, stderr } = await runHere([group])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, new RegExp(`^Usage: arqon ${group} `))
  }
})

for (const [args, reason] of misuses) {
  test(`refuses ${JSON.stringify(args.join(' '))}`, async () => {
    assert.deepEqual(await runHere(args), { code: 2, stdout: '', stderr: `arqon: ${reason}\n` })
  })
}

test('refuses a bad URL in the environment of the subcommand that uses it', async () => {
  const env = { ARQONBUS_HTTP_URL: 'nowhere', ARQONBUS_WS_URL: 'nowhere' }
  assert.deepEqual(await runHere(['tail'], { env }), {
    code: 2,
    stdout: '',
    stderr: 'arqon: ARQONBUS_WS_URL is invalid. It must be a URL that begins with ws:// or wss://.\n'
  })
  assert.match((await runHere(['status'], { env })).stderr, /^arqon: ARQONBUS_HTTP_URL is invalid/)
})

test('explains itself on standard error when it is given nothing to do', async () => {
  const { code, stdout, stderr } = await runHere([])
  assert.deepEqual([code, stdout], [2, ''])
  for (const name of ['status', 'tail', 'version']) assert.match(stderr, new RegExp(`^ {2}${name} `, 'm'))
})

test('explains itself on standard output when asked to', async () => {
  const { code, stdout, stderr } = await runHere(['tail', '--help'])
  assert.deepEqual([code, stderr], [0, ''])
  for (const flag of ['--ws-url', '--jwt', '--header', '--limit', '--timeout-seconds', '--send', '--raw']) {
    assert(stdout.includes(flag))
  }
})

test('ends the process with the exit code of a usage error', async t => {
  assert.deepEqual(await runArqon(t, ['nope']), { code: 2, stdout: '', stderr: "arqon: unknown command 'nope'\n" })
})
