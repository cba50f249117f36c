const unprintable = /[\p{Cc}\p{Cs}]/u

/** Whether the text is safe to store, log and show: no control characters, no half of a surrogate pair. */
export function isPlainText(text: string): boolean {
  return !unprintable.test(text)
}
