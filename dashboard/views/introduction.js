import { h } from '../dom.js'
import { copyButton } from '../parts.js'

const KEY = 'arqonbus-introduction'
const PLACE = 'science/general'

/** What a bus does, and three ways to see it do that. It is folded once that is known, which is remembered. */
export function introduction(socket) {
  const command = `npx arqon tail --ws-url '${socket}?room=science&channel=general' --limit 0`
  const element = h(
    'details',
    {
      class: 'panel introduction',
      open: localStorage.getItem(KEY) !== 'folded',
      ontoggle: () => remember(element.open)
    },
    h('summary', {}, h('h2', {}, 'What this is')),
    h(
      'p',
      { class: 'lead' },
      'A message bus: programs and people connect to it, join channels, and send JSON there. All members of a channel get each message ',
      'at once and in the same order, and whoever was away gets what was missed.'
    ),
    h(
      'ol',
      { class: 'steps' },
      step('Listen', [
        h('a', { href: `#/channels/${PLACE}` }, 'Open a channel'),
        ' and leave it in a window of its own.'
      ]),
      step('Send', [h('a', { href: `#/try/publish/${PLACE}` }, 'Send a message'), ' there, and see it come.']),
      step('Connect', [
        'A program joins like this page: ',
        h('code', { class: 'code' }, command),
        ' ',
        copyButton(() => command)
      ])
    )
  )
  return element
}

function step(title, words) {
  return h('li', {}, h('b', {}, title), h('div', {}, ...words))
}

function remember(isOpen) {
  if (isOpen) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, 'folded')
}
