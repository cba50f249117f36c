import { h, repeat } from '../dom.js'
import { Trouble } from '../parts.js'

const POLL_MS = 4_000

/**
 * A part of a view that reads something again and again. It is not drawn anew while it is what it was, so that the focus stays.
 * @param read what to read. @param draw makes elements of it, and gets a function that reads at once
 */
export function listing(read, draw) {
  const trouble = new Trouble()
  const place = h('div', {}, h('p', { class: 'empty' }, 'Reading…'))
  let former
  const again = async () => {
    if (document.hidden && former !== undefined) return
    const value = await trouble.watch(read)
    const text = JSON.stringify(value)
    if (value === undefined || text === former) return
    former = text
    place.replaceChildren(...[draw(value, again)].flat())
  }
  const close = repeat(POLL_MS, again)
  return { element: h('div', {}, trouble.element, place), again, close }
}
