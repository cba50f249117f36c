/** Shannon entropy of the characters of `text`, in bits per character; 0 of an empty text. */
export function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

const placeholder = /x{6}|\*{3}|\.{3}|your[_-]?(?:api|key|secret|token)|placeholder|redacted/i

/**
 * Whether `text` may be a drawn token: not a row of the same few characters, and not a form to fill in.
 * Of drawn texts of 20 hexadecimal digits one in 20,000 falls below the bound of 2.5 bits per character, of longer ones fewer.
 */
export function isVaried(text: string): boolean {
  return bitsPerCharacter(text) >= 2.5 && !placeholder.test(text)
}

/** Whether `text` is varied and has an upper-case letter, a lower-case letter and a digit: words and identifiers fail. */
export function isMixed(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /[0-9]/.test(text) && isVaried(text)
}
