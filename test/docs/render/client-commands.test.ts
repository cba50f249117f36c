import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandFiles, renderCommandTypes } from '../../../docs/render/client-commands.ts'
import { commands } from '../../../docs/render/commands.ts'

const texts = Object.keys(commandFiles).map(renderCommandTypes)

test('every command has its types under each of its names, in one place', () => {
  for (const name of commands.flatMap(command => [command.name, ...(command.aliases ?? [])])) {
    const key = /^\w+$/.test(name) ? name : `'${name}'`
    assert.equal(texts.filter(text => text.includes(`\n  ${key}: {\n`)).length, 1, name)
  }
})

test('a file that is not asked for holds nothing', () => {
  assert.match(renderCommandTypes('src/client/commands/none.ts'), /interface NoneCommands \{\s*\}/)
})
