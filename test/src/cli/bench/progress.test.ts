import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Progress } from '../../../../src/cli/bench/progress.ts'
import { createTerminal } from '../terminal.ts'

test('draws a bar on standard error, not more often than it can be read, and takes it away', () => {
  let nowMs = 1000
  const terminal = { ...createTerminal({ isErrorTerminal: true, env: { NO_COLOR: '1' } }), now: () => nowMs }
  const progress = new Progress(terminal)
  progress.show(0.5, 'half')
  progress.show(0.6, 'too soon')
  nowMs += 100
  progress.show(2, 'done')
  progress.clear()
  const bars = [`${'█'.repeat(15)}${'░'.repeat(15)} half`, `${'█'.repeat(30)} done`]
  assert.equal(terminal.stderr(), `${bars.map(bar => `\r\u001b[K${bar}`).join('')}\r\u001b[K`)
  assert.equal(terminal.stdout(), '')
})

test('draws nothing where standard error is no terminal', () => {
  const terminal = createTerminal({ columns: 80 })
  const progress = new Progress(terminal)
  progress.show(0.5, 'half')
  progress.clear()
  assert.equal(terminal.stderr(), '')
})
