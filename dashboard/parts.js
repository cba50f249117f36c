import { h } from './dom.js'
import { notify } from './notices.js'
import { sentenceOf } from './session.js'

/** A view's heading with what can be done in it. */
export function heading(title, ...actions) {
  return h('div', { class: 'heading' }, h('h1', {}, title), h('div', { class: 'actions' }, ...actions))
}

/** A framed part of a view. */
export function panel(title, ...children) {
  return h('section', { class: 'panel' }, h('h2', {}, title), ...children)
}

/** A button that does something, and nothing else until that is done. */
export function button(label, onclick, properties = {}) {
  const element = h('button', { type: 'button', onclick: () => once(element, onclick), ...properties }, label)
  return element
}

/** A button that puts a text into the clipboard. */
export function copyButton(textOf) {
  return button('Copy', () =>
    navigator.clipboard.writeText(textOf()).then(
      () => notify('Copied.'),
      () => notify('The browser does not allow to copy: select the text instead.', 'bad')
    )
  )
}

/** What a form does when it is sent: the task, once at a time. */
export function submitted(task) {
  return event => {
    event.preventDefault()
    void once(event.currentTarget, task)
  }
}

/** Does something unless the element is doing it already, and marks the element meanwhile. */
async function once(element, task) {
  if (element.ariaBusy === 'true') return
  element.ariaBusy = 'true'
  try {
    await task()
  } finally {
    element.ariaBusy = 'false'
  }
}

/** A small mark with a word in it. */
export function chip(text, kind = '') {
  return h('span', { class: `chip ${kind === '' ? '' : `is-${kind}`}` }, text)
}

/** What a part of the page is for, in a sentence or two. */
export function lead(words) {
  return h('p', { class: 'lead' }, words)
}

/** A table. @param rows of texts and elements */
export function table(label, columns, rows, empty = 'There is nothing here yet.') {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty)
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...columns.map(column => h('th', { scope: 'col' }, column)))),
      h('tbody', {}, ...rows.map(row => h('tr', {}, ...row.map(cell => h('td', {}, cell)))))
    )
  )
}

/** Names and values. */
export function facts(entries) {
  return h('dl', { class: 'facts' }, ...entries.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]))
}

/** A line that says what is wrong with what is shown; empty while nothing is. */
export class Trouble {
  element = h('p', { class: 'trouble', role: 'alert', hidden: true })

  /** Does something that may be refused; returns what it gives, or undefined. */
  async watch(task) {
    try {
      const value = await task()
      this.element.hidden = true
      return value
    } catch (error) {
      this.element.textContent = sentenceOf(error)
      this.element.hidden = false
      return undefined
    }
  }
}

/** The text of a field as a JSON object. @throws {Error} in words for people */
export function parseObject(text) {
  let value
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new SyntaxError(`That is not JSON: ${error.message}`)
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new SyntaxError('It has to be an object: {…}')
  return value
}

/** Tabs over parts of a view, of which one is made at a time. @param tabs `[name, make]`; `make` returns `{element, close?}` */
export function tabbed(label, tabs, first = 0) {
  const place = h('div', { role: 'tabpanel', class: 'tabpanel' })
  let shown
  const buttons = tabs.map(([name], index) =>
    h(
      'button',
      { type: 'button', role: 'tab', onclick: () => show(index), onkeydown: event => onKey(event, index) },
      name
    )
  )
  const show = index => {
    shown?.close?.()
    shown = tabs[index][1]()
    place.replaceChildren(shown.element)
    place.setAttribute('aria-label', tabs[index][0])
    for (const [each, tab] of buttons.entries()) {
      tab.setAttribute('aria-selected', String(each === index))
      tab.tabIndex = each === index ? 0 : -1
    }
  }
  const onKey = (event, index) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    const next = (index + step + tabs.length) % tabs.length
    buttons[next].focus()
    show(next)
    event.preventDefault()
  }
  show(first)
  const element = h('div', {}, h('div', { role: 'tablist', class: 'tabs', 'aria-label': label }, ...buttons), place)
  return { element, close: () => shown?.close?.() }
}

/** Whatever was thrown by reading a field or by asking, in words. */
export function wordsOf(error) {
  return error instanceof SyntaxError ? error.message : sentenceOf(error)
}
