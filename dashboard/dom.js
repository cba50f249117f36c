/** What is not seen, or turns the order of what is: control characters, marks of direction, line separators, the byte order mark. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu
const layout = new Set(['\n', '\t'])

/** The text with everything unseen in it written out, as `\u{202e}`. Line ends and tabs stay when told so. */
export function reveal(text, keepsLines = false) {
  return String(text).replace(unseen, mark =>
    keepsLines && layout.has(mark) ? mark : `\\u{${mark.codePointAt(0).toString(16)}}`
  )
}

/** The beginning of a text, on one line, for where there is no room for more. */
export function brief(text, max = 120) {
  const whole = String(text)
  return whole.length > max ? `${reveal(whole.slice(0, max))}…` : reveal(whole)
}

/**
 * Makes an element. Children are elements or texts: a text is never read as markup. Properties beginning with `on` are listeners,
 * `class` and those with a dash are attributes, others are properties of the element; undefined and false ones are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'class') element.className = value
    else if (name === 'role' || name === 'for' || name === 'list' || name.includes('-'))
      element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.flat().filter(child => child !== undefined && child !== null && child !== false))
  return element
}

/** A short text that may come from anybody: cut, revealed, and kept from turning its surroundings around. */
export function said(text, max = 120) {
  const element = h('bdi', {}, brief(text, max))
  if (String(text).length > max) element.title = brief(text, 500)
  return element
}

const FIRST = 600
const MORE = 20_000

/** A text of any length: its beginning, and a button for what follows. */
export function long(text, first = FIRST) {
  const whole = String(text)
  const body = h('bdi', { class: 'long' }, reveal(whole.slice(0, first), true))
  if (whole.length <= first) return body
  let shown = first
  const button = h('button', {
    type: 'button',
    class: 'link',
    onclick: () => {
      body.append(reveal(whole.slice(shown, shown + MORE), true))
      shown += MORE
      label()
    }
  })
  const label = () => {
    button.hidden = shown >= whole.length
    button.textContent = whole.length - shown > MORE ? `show more (${count(whole.length)} characters)` : 'show all'
  }
  label()
  return h('span', {}, body, ' ', button)
}

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A number for people: `12,345.6`. */
export function count(value) {
  return numbers.format(value)
}

/** A number of bytes for people: `12.3 MB`. */
export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${numbers.format(value / 1000 ** power)} ${units[power]}`
}

/** A moment in ISO 8601 as the time of day here; the whole of it is the title. */
export function time(iso) {
  const date = new Date(iso)
  const isTime = !Number.isNaN(date.getTime())
  return h('time', { title: isTime ? date.toISOString() : '' }, isTime ? clockOf(date) : brief(iso, 30))
}

/** A moment with its date. */
export function dateTime(iso) {
  if (iso === null || iso === undefined) return '–'
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? brief(iso, 30) : `${date.toLocaleDateString('en-CA')} ${clockOf(date)}`
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

function clockOf(date) {
  return clock.format(date)
}

/**
 * Calls at most once per frame, however often it is asked; hidden pages are not drawn.
 * @param restMs how long it is not called again after a call, in milliseconds
 */
export function batched(draw, restMs = 0) {
  let handle
  let restsUntil = 0
  const step = now => {
    if (now < restsUntil) {
      handle = requestAnimationFrame(step)
      return
    }
    handle = undefined
    restsUntil = now + restMs
    draw()
  }
  const ask = () => {
    handle ??= requestAnimationFrame(step)
  }
  ask.cancel = () => {
    cancelAnimationFrame(handle)
    handle = undefined
  }
  return ask
}

/** Runs an asynchronous task now, and again so long after each end; returns what ends it. `delay` may be a function. */
export function repeat(delay, task) {
  let timer
  let isOver = false
  const step = async () => {
    await task()
    if (!isOver) timer = setTimeout(step, typeof delay === 'function' ? delay() : delay)
  }
  void step()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
