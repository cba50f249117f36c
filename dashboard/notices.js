import { brief, h } from './dom.js'
import { sentenceOf } from './session.js'

const SHOWN_MS = 7_000
const MAX_NOTICES = 4

/** Says something that was done, or that went wrong, for some seconds. */
export function notify(text, kind = 'good') {
  const place = document.getElementById('notices')
  const notice = h(
    'div',
    { class: `notice is-${kind}` },
    brief(text, 400),
    h('button', { type: 'button', class: 'link', 'aria-label': 'Dismiss', onclick: () => notice.remove() }, '×')
  )
  place.append(notice)
  while (place.childElementCount > MAX_NOTICES) place.firstElementChild.remove()
  setTimeout(() => notice.remove(), SHOWN_MS)
}

/** Does something, and says what came of it. Returns whether it was done. */
export async function attempt(task, done) {
  try {
    const value = await task()
    if (done !== undefined) notify(typeof done === 'function' ? done(value) : done)
    return true
  } catch (error) {
    notify(sentenceOf(error), 'bad')
    return false
  }
}
