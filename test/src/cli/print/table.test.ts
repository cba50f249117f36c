import assert from 'node:assert/strict'
import { test } from 'node:test'
import { styleOf, unstyled } from '../../../../src/cli/print/style.ts'
import { type Column, formatFields, formatTable } from '../../../../src/cli/print/table.ts'
import { unpainted } from '../terminal.ts'

interface Row {
  readonly name: string
  readonly count: number
  readonly note: string
}

const columns: readonly Column<Row>[] = [
  { head: 'name', value: row => row.name, paint: style => style.cyan },
  { head: 'count', value: row => row.count, isRight: true },
  { head: 'note', value: row => row.note }
]
const rows: readonly Row[] = [
  { name: 'a', count: 5, note: 'short' },
  { name: '日本語', count: 12345, note: 'rather a long note' }
]

test('aligns columns, numbers on the right, and leaves no blanks at the end', () => {
  assert.equal(
    formatTable(columns, rows),
    ['NAME    COUNT  NOTE', 'a           5  short', '日本語  12345  rather a long note', ''].join('\n')
  )
})

test('cuts the last column to the width of the terminal, and leaves it eight at least', () => {
  const [, , line] = formatTable(columns, rows, { columns: 25 }).split('\n')
  assert.equal(line, '日本語  12345  rather a …')
  const [, , narrow] = formatTable(columns, rows, { columns: 3 }).split('\n')
  assert.equal(narrow, '日本語  12345  rather …')
})

test('is empty without rows, and has no head when that was printed before', () => {
  assert.equal(formatTable(columns, []), '')
  assert.equal(formatTable(columns, [rows[0]!], { hasHead: false }), 'a  5  short\n')
})

test('colours change nothing of the alignment', () => {
  const style = styleOf({}, true)
  const painted = formatTable(columns, rows, { style })
  assert.ok(painted.includes('\u001b[36m'))
  assert.equal(unpainted(painted).replace(/ +$/gm, ''), formatTable(columns, rows))
})

test('what strangers named cannot steer the terminal', () => {
  const [, line] = formatTable(columns, [{ name: '\u001b[2J', count: 1, note: 'a\nb' }]).split('\n')
  assert.equal(line, '\\u001b[2J      1  a\\u000ab')
})

test('aligns names and values, and leaves out what is undefined', () => {
  const fields = [
    ['a', '1'],
    ['long', '2'],
    ['none', undefined]
  ] as const
  assert.equal(formatFields(fields, unstyled), 'a     1\nlong  2\n')
})
