import { batched, h } from './dom.js'

const OVERSCAN = 6

/**
 * A list of which only what is in sight is in the document. Rows have one height; the arrow keys, Home, End and the page keys move,
 * Enter and a click pick.
 */
export class VirtualList {
  element
  #options
  #items = []
  #rows = new Map()
  #canvas = h('div', { class: 'rows' })
  #active = 0
  #draw = batched(() => this.#render())
  #watcher = new ResizeObserver(() => this.#draw())

  /**
   * @param options `label`; `rowHeight` in pixels; `key(item)` that is unlike for every item; `fill(row, item)` puts the contents of an
   * item into its row; `onPick(item)`; `role` and `rowRole` of ARIA; `empty`, the words for no items; `onKey(event, item)`, which returns true for a key that it took
   */
  constructor(options) {
    this.#options = { role: 'listbox', rowRole: 'option', rowHeight: 30, empty: '', ...options }
    const { role, label, empty } = this.#options
    this.element = h(
      'div',
      { class: `virtual ${options.class ?? ''}`, role, 'aria-label': label, tabIndex: 0, 'data-empty': empty },
      this.#canvas
    )
    this.element.addEventListener('scroll', this.#draw, { passive: true })
    this.element.addEventListener('keydown', event => this.#onKey(event))
    this.element.addEventListener('click', event => this.#onClick(event))
    this.#watcher.observe(this.element)
  }

  get items() {
    return this.#items
  }

  /** Shows other items. What stays keeps its row, and the row that is active is found again by its key. */
  set items(items) {
    const active = this.#items[this.#active]
    this.#items = items
    const { key } = this.#options
    if (active !== undefined && items[this.#active] !== undefined && key(items[this.#active]) !== key(active)) {
      const found = items.findIndex(item => key(item) === key(active))
      if (found >= 0) this.#active = found
    }
    this.#active = Math.max(0, Math.min(this.#active, items.length - 1))
    this.#draw()
  }

  /** Fills the rows in sight again. */
  refresh() {
    this.#draw()
  }

  /** Whether the end of the list is in sight. */
  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element
    return scrollTop + clientHeight >= scrollHeight - 2 * this.#options.rowHeight
  }

  scrollToEnd() {
    this.#canvas.style.height = `${this.#items.length * this.#options.rowHeight}px`
    this.element.scrollTop = this.element.scrollHeight
  }

  close() {
    this.#draw.cancel()
    this.#watcher.disconnect()
  }

  #render() {
    const { rowHeight, key, fill, rowRole, isPicked, adorn } = this.#options
    const { scrollTop, clientHeight } = this.element
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN)
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / rowHeight) + OVERSCAN)
    this.#canvas.style.height = `${this.#items.length * rowHeight}px`
    this.element.classList.toggle('is-empty', this.#items.length === 0)
    const rows = new Map()
    for (let index = first; index < last; index++) {
      const item = this.#items[index]
      const id = key(item)
      const row = this.#rows.get(id) ?? h('div', { class: 'row', role: rowRole, id: `row-${++rowCount}` })
      this.#rows.delete(id)
      row.style.transform = `translateY(${index * rowHeight}px)`
      row.style.height = `${rowHeight}px`
      row.setAttribute('aria-posinset', String(index + 1))
      row.setAttribute('aria-setsize', String(this.#items.length))
      row.setAttribute('aria-selected', String(isPicked?.(item) === true))
      row.classList.toggle('is-active', index === this.#active)
      adorn?.(row, item)
      fill(row, item)
      rows.set(id, row)
      if (row.parentNode !== this.#canvas) this.#canvas.append(row)
      if (index === this.#active) this.element.setAttribute('aria-activedescendant', row.id)
    }
    for (const row of this.#rows.values()) row.remove()
    this.#rows = rows
  }

  #onKey(event) {
    const item = this.#items[this.#active]
    if (item === undefined) return
    if (this.#options.onKey?.(event, item)) return event.preventDefault()
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowHeight) - 1)
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }
    if (event.key in steps) this.#moveTo(this.#active + steps[event.key])
    else if (event.key === 'Enter' || event.key === ' ') this.#options.onPick?.(item)
    else return
    event.preventDefault()
    this.#draw()
  }

  #moveTo(index) {
    const { rowHeight } = this.#options
    this.#active = Math.max(0, Math.min(index, this.#items.length - 1))
    const top = this.#active * rowHeight
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop) this.element.scrollTop = top
    else if (top + rowHeight > scrollTop + clientHeight) this.element.scrollTop = top + rowHeight - clientHeight
  }

  #onClick({ target }) {
    const row = target.closest('.row')
    const entry = [...this.#rows].find(([, each]) => each === row)
    if (!entry) return
    const { key, onPick } = this.#options
    this.#active = this.#items.findIndex(item => key(item) === entry[0])
    onPick?.(this.#items[this.#active])
    this.#draw()
  }
}

let rowCount = 0
