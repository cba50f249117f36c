import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Output } from '../../../../src/cli/print/output.ts'
import { createTerminal } from '../terminal.ts'

const columns = [{ head: 'n', value: (row: { readonly n: number }) => row.n }]

test('prints JSON lines in a pipe, and nothing that is for people', () => {
  const terminal = createTerminal()
  const output = new Output(terminal, {})
  output.print({ b: 1, a: undefined, c: [undefined] }, () => assert.fail())
  output.printRows(columns, [{ n: 1 }, { n: 2 }])
  output.remark('two')
  assert.equal(terminal.stdout(), '{"b":1,"c":[null]}\n{"n":1}\n{"n":2}\n')
})

test('prints JSON lines on a terminal too when told to', () => {
  const terminal = createTerminal({ columns: 80 })
  new Output(terminal, { json: true }).printRows(columns, [{ n: 1 }])
  assert.equal(terminal.stdout(), '{"n":1}\n')
})

test('prints the head of a table once, however many pages follow', () => {
  const terminal = createTerminal({ columns: 80, env: { NO_COLOR: '1' } })
  const output = new Output(terminal, {})
  output.printRows(columns, [])
  output.printRows(columns, [{ n: 1 }])
  output.printRows(columns, [{ n: 2 }])
  output.remark('two')
  assert.equal(terminal.stdout(), 'N\n1\n2\ntwo\n')
})

test('notes go to standard error, coloured only where that is a terminal', () => {
  const pipe = createTerminal({ columns: 80 })
  new Output(pipe, {}).note('well')
  const terminal = createTerminal({ isErrorTerminal: true })
  new Output(terminal, {}).note('well')
  assert.deepEqual([pipe.stderr(), terminal.stderr()], ['arqon: well\n', '\u001b[2marqon:\u001b[22m well\n'])
})
