/** Says whether a whole text fits. */
export type Matcher = (text: string) => boolean

const MANY = '*'.charCodeAt(0)
const ONE = '?'.charCodeAt(0)

/**
 * Compiles a shell-style pattern: `*` is any run of characters, also none and also `:`; `?` is exactly one UTF-16 code unit;
 * everything else stands for itself. Case-sensitive, and the whole text has to fit. Every pattern is valid.
 * A match takes at most about text length × pattern length steps, whatever the two hold, so both may come from strangers
 * within a length bound.
 */
export function compileGlob(pattern: string): Matcher {
  if (!pattern.includes('*') && !pattern.includes('?')) return text => text === pattern
  const glob = pattern.replace(/\*+/g, '*')
  if (glob === '*') return () => true
  return text => matches(glob, text)
}

function matches(glob: string, text: string): boolean {
  let at = 0
  let position = 0
  let star = -1
  let resume = 0
  while (position < text.length) {
    const code = glob.charCodeAt(at)
    if (code === MANY) {
      star = at++
      resume = position
    } else if (code === ONE || code === text.charCodeAt(position)) {
      at++
      position++
    } else if (star < 0) {
      return false
    } else {
      // Only the latest star has to give way: an earlier one that took more could only leave less for the rest.
      at = star + 1
      position = ++resume
    }
  }
  if (glob.charCodeAt(at) === MANY) at++
  return at === glob.length
}
