import { brief, h, long } from './dom.js'

const BATCH = 100
const OPEN_LEVELS = 2

/** A value of JSON, folded and coloured: objects and lists open on demand, so that a large one costs what is looked at. */
export function jsonView(value, level = 0) {
  if (value === null || typeof value !== 'object') return h('span', { class: 'json' }, leaf(value))
  return h('div', { class: 'json' }, branch(value, level))
}

/** @param name what stands before it */
function branch(value, level, name = []) {
  const isList = Array.isArray(value)
  const size = isList ? value.length : Object.keys(value).length
  const [open, close] = isList ? '[]' : '{}'
  if (size === 0) return h('span', {}, ...name, h('span', { class: 'json-mark' }, open + close))
  const body = h('div', { class: 'json-body' })
  let isFilled = false
  const fill = () => {
    if (isFilled) return
    isFilled = true
    append(body, isList ? value.entries() : Object.entries(value)[Symbol.iterator](), level)
  }
  const details = h(
    'details',
    { open: level < OPEN_LEVELS && size <= BATCH, ontoggle: () => details.open && fill() },
    h('summary', {}, ...name, h('span', { class: 'json-mark' }, `${open} ${size} ${close}`), ' ', hint(value, isList)),
    body
  )
  if (details.open) fill()
  return details
}

/** What is inside, while it is folded. */
function hint(value, isList) {
  if (isList) return h('span', { class: 'json-hint' }, '')
  return h('span', { class: 'json-hint' }, brief(Object.keys(value).slice(0, 6).join(', '), 60))
}

function append(body, entries, level) {
  for (let made = 0; made < BATCH; made++) {
    const { value: entry, done } = entries.next()
    if (done) return
    const [key, value] = entry
    const name = [h('span', { class: 'json-key' }, typeof key === 'number' ? String(key) : long(key, 200)), ': ']
    const isBranch = value !== null && typeof value === 'object'
    body.append(h('div', {}, ...(isBranch ? [branch(value, level + 1, name)] : [...name, leaf(value)])))
  }
  const more = h('button', { type: 'button', class: 'link' }, 'show more')
  more.addEventListener('click', () => {
    more.remove()
    append(body, entries, level)
  })
  body.append(more)
}

function leaf(value) {
  if (typeof value === 'string') return h('span', { class: 'json-text' }, '"', long(value, 300), '"')
  return h('span', { class: value === null ? 'json-null' : 'json-number' }, String(value))
}

/** The beginning of a value as one line, without making the whole text of a large one. */
export function preview(value, max = 160) {
  let text = ''
  const write = item => {
    if (text.length > max) return
    if (typeof item === 'string') text += JSON.stringify(item.slice(0, max))
    else if (item === null || typeof item !== 'object') text += String(item)
    else if (Array.isArray(item)) list(item.slice(0, max), '[', ']', write)
    else
      list(Object.keys(item).slice(0, max), '{', '}', key => {
        text += `${key.slice(0, max)}: `
        write(item[key])
      })
  }
  const list = (items, open, close, each) => {
    text += open
    items.forEach((item, index) => {
      if (text.length > max) return
      if (index > 0) text += ', '
      each(item)
    })
    text += close
  }
  write(value)
  return brief(text, max)
}
