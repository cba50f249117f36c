/** A fenced block of a Markdown document. */
export interface Block {
  /** The first word after the fence, such as `js`. */
  readonly language: string
  /** The words after it: `runnable`, `session`, … */
  readonly words: readonly string[]
  readonly text: string
  /** The line of the fence, from 1. */
  readonly line: number
}

const fence = /^```(.*)$/

/** The fenced blocks of a document, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { readonly info: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const info = fence.exec(line)?.[1]
    if (info === undefined) open?.lines.push(line)
    else if (open === undefined) open = { info, line: index + 1, lines: [] }
    else {
      const [language = '', ...words] = open.info.trim().split(/\s+/)
      blocks.push({ language, words, text: `${open.lines.join('\n')}\n`, line: open.line })
      open = undefined
    }
  }
  return blocks
}

/** The document without its fenced blocks. */
export function proseOf(markdown: string): string {
  return markdown.replace(/^```.*$[\s\S]*?^```$/gm, '')
}

/** What stands between backticks in the prose. */
export function inlineCodeOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf(markdown: string): Set<string> {
  const headings = [...proseOf(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => text)
  return new Set(headings.map(anchorOf))
}

/** The targets of the links in the prose. */
export function linksOf(markdown: string): string[] {
  const prose = proseOf(markdown).replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target)
}

/** The cells of the rows of all tables, heads and rules left out. */
export function rowsOf(markdown: string): string[][] {
  const tables = proseOf(markdown).match(/(?:^\|.*\n)+/gm) ?? []
  return tables.flatMap(table => table.trim().split('\n').slice(2).map(cellsOf))
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim())
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}
