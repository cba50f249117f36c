import { endOfString, type Span, scanJson } from './json.ts'

/**
 * The text of `payload` of each object in a list, as it came, in their order; undefined for one without it. The list is the
 * only one among the members of the root object, and not empty; the text is known to be JSON.
 * Each is a copy: one message of many may stay in history for long, and would keep the whole request alive.
 */
export function payloadTextsOf(text: string): (string | undefined)[] {
  return itemsOf(text).map(({ start, end }) => {
    const item = text.slice(start, end)
    const { payload } = scanJson(item)
    return payload && Buffer.from(item.slice(payload.start, payload.end)).toString()
  })
}

/** Where the items of the list stand, in one pass without recursion. */
function itemsOf(text: string): Span[] {
  const items: Span[] = []
  let depth = 0
  let start = -1
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at + 1)
        break
      case '[':
        if (++depth === 2) start = at + 1
        break
      case '{':
        depth++
        break
      case ',':
        if (depth === 2 && start >= 0) {
          items.push({ start, end: at })
          start = at + 1
        }
        break
      case ']':
        if (depth-- === 2) {
          items.push({ start, end: at })
          start = -1
        }
        break
      case '}':
        depth--
        break
    }
  }
  return items
}
