import { batched, brief, h, time } from '../dom.js'
import { jsonView } from '../json-view.js'
import { button } from '../parts.js'
import { VirtualList } from '../virtual-list.js'

const MAX_FRAMES = 500

/** The frames of this page's own connection, as they go and come. */
export function wireLog(session) {
  let entries = []
  let number = 0
  let chosen
  const detail = h('div', { class: 'detail' })
  const list = new VirtualList({
    label: 'Frames, the newest first',
    class: 'wire',
    empty: 'What this page sends and receives over its socket appears here.',
    rowHeight: 26,
    key: entry => entry.key,
    isPicked: entry => entry.key === chosen,
    fill: (row, entry) => {
      if (row.childElementCount > 0) return
      const isOut = entry.direction === 'out'
      const mark = h('span', { class: isOut ? 'out' : 'in', title: isOut ? 'sent' : 'received' }, isOut ? '→' : '←')
      row.append(
        h('span', { class: 'm-time' }, time(entry.at)),
        mark,
        h('bdi', { class: 'm-payload' }, brief(entry.text, 300))
      )
    },
    onPick: entry => {
      chosen = entry.key
      detail.replaceChildren(frameOf(entry.text))
    }
  })
  const draw = batched(() => {
    list.items = entries
  })
  const add = ({ direction, text }) => {
    entries = [
      { key: ++number, at: new Date().toISOString(), direction, text: String(text) },
      ...entries.slice(0, MAX_FRAMES - 1)
    ]
    draw()
  }
  const clear = () => {
    entries = []
    detail.replaceChildren()
    draw()
  }
  session.onFrame = add
  draw()
  return {
    add,
    element: h(
      'section',
      { class: 'panel' },
      h(
        'div',
        { class: 'heading' },
        h('h2', {}, 'On the wire'),
        h('div', { class: 'actions' }, button('Clear', clear))
      ),
      list.element,
      detail
    ),
    close() {
      session.onFrame = () => {}
      list.close()
      draw.cancel()
    }
  }
}

/** What goes over HTTP has a line before its JSON. */
function frameOf(text) {
  const [first, ...rest] = text.split('\n')
  try {
    return jsonView(JSON.parse(text))
  } catch {
    try {
      return h('div', {}, h('p', {}, brief(first, 200)), jsonView(JSON.parse(rest.join('\n'))))
    } catch {
      return h('p', {}, brief(text, 2_000))
    }
  }
}
