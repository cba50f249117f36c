/** A text to look for, and whose it is. */
export interface Needle {
  /** ASCII characters; not empty. */
  readonly text: string
  readonly owner: number
}

/** Finds the owners of the needles that occur in a text, whatever the case of letters; each once, in no order. */
export type Finder = (text: string) => readonly number[]

const ASCII = 128
/** The only characters beyond ASCII that are the same letter as one of ASCII in another case. */
const LONG_S = 0x17f
const KELVIN = 0x212a

const none: readonly number[] = Object.freeze([])

/**
 * Compiles needles into one automaton, which looks at each character of a text once, however many needles there are and whatever
 * the text holds: a trie with the failure links of Aho and Corasick filled in.
 */
export function compileFinder(needles: readonly Needle[]): Finder {
  if (needles.length === 0) return () => none
  const { classes, count } = classify(needles)
  const trie = buildTrie(needles, classes, count)
  const { next, owners } = trie
  const s = classes[0x73] as number
  const k = classes[0x6b] as number

  return text => {
    let found: number[] | undefined
    let node = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const symbol = code < ASCII ? (classes[code] as number) : code === LONG_S ? s : code === KELVIN ? k : 0
      node = next[node + symbol] as number
      if (node < 0) {
        node = ~node
        found = addAll(found, owners.get(node) ?? none)
      }
    }
    return found ?? none
  }
}

/** A number for each character that some needle holds, the same for both cases of a letter; 0 for all others. */
function classify(needles: readonly Needle[]): { classes: Uint8Array; count: number } {
  const classes = new Uint8Array(ASCII)
  let count = 1
  for (const { text } of needles) {
    for (const character of text.toLowerCase()) {
      const code = character.charCodeAt(0)
      if (classes[code] === 0) {
        classes[code] = count
        classes[character.toUpperCase().charCodeAt(0)] = count++
      }
    }
  }
  return { classes, count }
}

interface Trie {
  /** By node and symbol, the node that follows; its complement where needles end. Nodes are numbered in steps of the symbols. */
  readonly next: Int32Array
  /** By node, whose needles end there. */
  readonly owners: ReadonlyMap<number, readonly number[]>
}

function buildTrie(needles: readonly Needle[], classes: Uint8Array, count: number): Trie {
  const size = needles.reduce((sum, { text }) => sum + text.length, 1)
  const next = new Int32Array(size * count)
  const owners = new Map<number, readonly number[]>()
  let free = count
  for (const { text, owner } of needles) {
    let node = 0
    for (const character of text.toLowerCase()) {
      const edge = node + (classes[character.charCodeAt(0)] as number)
      if (next[edge] === 0) {
        next[edge] = free
        free += count
      }
      node = next[edge] as number
    }
    owners.set(node, addAll([...(owners.get(node) ?? none)], [owner]))
  }
  link(next, owners, count)
  return { next, owners }
}

/** Fills in, breadth first, where a node goes on when its own branch ends, and marks the edges to nodes where needles end. */
function link(next: Int32Array, owners: Map<number, readonly number[]>, count: number): void {
  const fallbacks = new Map<number, number>()
  const queue = [0]
  for (const node of queue) {
    const fallback = fallbacks.get(node) ?? 0
    const inherited = owners.get(fallback) ?? none
    if (node !== 0 && inherited.length > 0) owners.set(node, addAll([...(owners.get(node) ?? none)], inherited))
    for (let symbol = 1; symbol < count; symbol++) {
      const child = next[node + symbol] as number
      const elsewhere = node === 0 ? 0 : (next[fallback + symbol] as number)
      if (child === 0) next[node + symbol] = elsewhere
      else {
        fallbacks.set(child, elsewhere)
        queue.push(child)
      }
    }
  }
  for (let edge = 0; edge < next.length; edge++) {
    const node = next[edge] as number
    if (owners.has(node)) next[edge] = ~node
  }
}

function addAll(list: number[] = [], more: readonly number[]): number[] {
  for (const one of more) if (!list.includes(one)) list.push(one)
  return list
}
