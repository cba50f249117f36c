/** Characters that a terminal or a reader of lines takes as a control or an end of line, and that JSON leaves as they are. */
const unsafe = /[\u007f-\u009f\u2028\u2029]/g

/**
 * JSON text with the keys of every object sorted, on one line or indented. It holds no control character but the line feeds
 * of the indentation, so that what a stranger sent cannot steer the terminal.
 * @param indent spaces per level; 0 for one line
 */
export function formatJson(value: unknown, indent = 0): string {
  return formatValue(value, indent, indent === 0 ? '' : '\n').replace(unsafe, escapeCharacter)
}

function formatValue(value: unknown, indent: number, lineBreak: string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const inner = indent === 0 ? '' : lineBreak + ' '.repeat(indent)
  const colon = indent === 0 ? ':' : ': '
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map(item => formatValue(item, indent, inner))]
    : [
        '{',
        '}',
        membersOf(value).map(([key, member]) => JSON.stringify(key) + colon + formatValue(member, indent, inner))
      ]
  return items.length === 0 ? open + close : open + inner + items.join(`,${inner}`) + lineBreak + close
}

/** Written out by hand, since an object lists keys that look like integers before all others. What is undefined is not there. */
function membersOf(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
