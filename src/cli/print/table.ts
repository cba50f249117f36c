import { type Paint, plain, type Style, unstyled } from './style.ts'
import { cutText, toVisible, widthOf } from './text.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly head: string
  readonly value: (row: Row) => string | number
  readonly isRight?: boolean
  readonly paint?: (style: Style, row: Row) => Paint
}

/** How a table is printed. */
export interface TableOptions {
  readonly style?: Style
  /** Columns of the terminal: the last column of the table is cut to fit. */
  readonly columns?: number | undefined
  readonly hasHead?: boolean
}

const GAP = '  '
/** The last column is left at least so wide, whatever the terminal. */
const MIN_LAST = 8

/** Rows under their heads, aligned, one line each. Without rows it is empty. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {}
): string {
  if (rows.length === 0) return ''
  const { hasHead = true, style = unstyled } = options
  const heads = hasHead ? columns.map(column => column.head.toUpperCase()) : columns.map(() => '')
  const cells = rows.map(row => columns.map(column => toVisible(String(column.value(row)))))
  const widths = columns.map((_, at) => Math.max(...[heads, ...cells].map(line => widthOf(line[at] ?? ''))))
  fitLast(widths, options.columns)
  const lines = rows.map((row, at) =>
    formatLine(columns, cells[at] ?? [], widths, column => column.paint?.(style, row) ?? plain)
  )
  if (hasHead) lines.unshift(formatLine(columns, heads, widths, () => style.dim))
  return lines.map(line => `${line}\n`).join('')
}

/** Names and values, aligned, one line each; what is undefined is left out. */
export function formatFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  style: Style
): string {
  const shown = fields.filter(([, value]) => value !== undefined)
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  return shown.map(([name, value = '']) => `${style.dim(pad(name, width, false))}${GAP}${value}\n`).join('')
}

function fitLast(widths: number[], columns: number | undefined): void {
  if (columns === undefined) return
  const last = widths.length - 1
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0)
  widths[last] = Math.min(widths[last] ?? 0, Math.max(columns - others, MIN_LAST))
}

function formatLine<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[],
  widths: readonly number[],
  paintOf: (column: Column<Row>) => Paint
): string {
  const last = columns.length - 1
  const padded = columns.map((column, at) => {
    const width = widths[at] ?? 0
    const text = cutText(cells[at] ?? '', width)
    const isOpen = at === last && column.isRight !== true
    return paintOf(column)(isOpen ? text : pad(text, width, column.isRight === true))
  })
  return padded.join(GAP).trimEnd()
}

function pad(text: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return isRight ? space + text : text + space
}
