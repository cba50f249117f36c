import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { runHere } from '../terminal.ts'

const hasBash = spawnSync('bash', ['-c', 'exit 0']).status === 0

/** What bash offers after these words; the last one is being written. */
async function complete(...words: readonly string[]): Promise<string[]> {
  const { stdout: script } = await runHere(['completion', 'bash'])
  const program = `${script}
COMP_WORDS=("$@")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_arqon
printf '%s\\n' "\${COMPREPLY[@]}"
`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout.split('\n').filter(line => line !== '')
}

test('the script is a function that is registered for arqon', async () => {
  const { code, stdout } = await runHere(['completion', 'bash'])
  assert.equal(code, 0)
  assert.match(stdout, /^_arqon\(\) \{$/m)
  assert.match(stdout, /^complete -o default -F _arqon arqon$/m)
})

if (hasBash) {
  for (const [words, offered] of [
    [['st'], ['status', 'store']],
    [
      ['store', ''],
      ['get', 'set', 'delete', 'list', 'watch', 'incr']
    ],
    [['store', '--json', 'w'], ['watch']],
    [['webhook', 'dead'], ['dead-letters']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish']
    ],
    [['tail', '--l'], ['--limit']],
    [['tail', '--limit', ''], []],
    [['tail', '--limit', '5', '--ra'], ['--raw']],
    [
      ['pub', 'science:explore', '--type', ''],
      ['message', 'event']
    ],
    [['pub', '--text', 'store', '--no'], ['--no-ack']],
    [['token', 'mint', '--role', 'a'], ['admin']],
    [['--ver'], ['--version']],
    [
      ['nope', ''],
      ['pub', 'sub', 'tail', 'history']
    ]
  ] as const) {
    test(`bash completes arqon ${words.join(' ')}`, async () => {
      const found = await complete('arqon', ...words)
      assert.deepEqual(words[0] === 'nope' ? found.slice(0, offered.length) : found, offered)
    })
  }

  test('bash completes the name of a file where one is wanted', async () => {
    assert.deepEqual(await complete('arqon', 'tail', '--jwt-file', 'package.j'), ['package.json'])
  })
}
