import assert from 'node:assert/strict'
import { test } from 'node:test'
import { branchesOf } from '../../../../src/cli/completion/tree.ts'
import { createProgram } from '../../../../src/cli/program.ts'
import { createTerminal, runHere } from '../terminal.ts'

const branches = branchesOf(createProgram(createTerminal()))

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the script for ${shell} names every subcommand and every option`, async () => {
    const { stdout } = await runHere(['completion', shell])
    for (const { children, flags } of branches) {
      for (const { name } of children) assert.ok(stdout.includes(name), name)
      for (const name of flags.flatMap(flag => flag.names)) {
        assert.ok(stdout.includes(shell === 'fish' ? name.replace(/^--?/, '') : name), name)
      }
    }
  })
}

test('the tree holds subcommands of subcommands, options with their values, and which of those are files', () => {
  const find = (...path: string[]) => branches.find(branch => branch.path.join(' ') === path.join(' '))
  assert.deepEqual(
    find('cron')?.children.map(child => child.name),
    ['schedule', 'list', 'cancel']
  )
  const flags = find('token', 'mint')?.flags ?? []
  const shown = flags.filter(({ names }) => ['--role', '--secret-file', '--help'].some(name => names.includes(name)))
  assert.deepEqual(
    shown.map(({ isFile, takesValue, values }) => [takesValue, isFile, values]),
    [
      [true, false, ['user', 'admin', 'superadmin']],
      [true, true, []],
      [false, false, []]
    ]
  )
})

test('the script for zsh quotes what zsh would take for something else', async () => {
  const { stdout } = await runHere(['completion', 'zsh'])
  assert.match(stdout, /^#compdef arqon$/m)
  assert.ok(stdout.includes("'dead-letters:list the deliveries that were given up, the newest first'"))
  assert.ok(stdout.includes("'*--type[type of the message]:value:(message event)'"))
  assert.ok(stdout.includes("'*--jwt-file[file with the token to present]:file:_files'"))
  for (const line of stdout.split('\n')) assert.equal((line.match(/'/g)?.length ?? 0) % 2, 0, line)
})

test('the script for fish offers each subcommand only where it belongs', async () => {
  const { stdout } = await runHere(['completion', 'fish'])
  assert.ok(stdout.includes("complete -c arqon -n '__arqon_at store' -a watch -d 'follow the changes of keys'\n"))
  assert.ok(stdout.includes("-n '__arqon_at pub' -l type -x -a 'message event'"))
  assert.ok(stdout.includes('contains -- $path[1] store cron webhook casil token\n'))
})
