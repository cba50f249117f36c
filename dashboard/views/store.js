import { confirm } from '../dialog.js'
import { brief, count, h } from '../dom.js'
import { jsonView } from '../json-view.js'
import { attempt } from '../notices.js'
import { button, lead, panel, submitted, Trouble, wordsOf } from '../parts.js'
import { VirtualList } from '../virtual-list.js'

/** The stored values of a namespace, and the one that is chosen. */
export function storeTab({ api }) {
  const trouble = new Trouble()
  const namespace = h('input', { placeholder: 'that of the tenant', autocomplete: 'off', spellcheck: false })
  const prefix = h('input', { autocomplete: 'off', spellcheck: false })
  const note = h('span', { class: 'hint', role: 'status' })
  const place = h('div', { class: 'detail' }, h('p', { class: 'empty' }, 'Choose a key to see its value.'))
  let keys = []
  let cursor
  let chosen

  const list = new VirtualList({
    label: 'Keys',
    class: 'keys',
    empty: 'No value is stored here.',
    rowHeight: 28,
    key: key => key,
    isPicked: key => key === chosen,
    fill: (row, key) => {
      if (row.childElementCount === 0) row.append(h('bdi', { class: 'm-payload' }, brief(key, 200)))
    },
    onPick: key => void show(key)
  })
  const scope = () => (namespace.value === '' ? {} : { namespace: namespace.value })
  const ask = from => {
    const more = prefix.value === '' ? {} : { prefix: prefix.value }
    return api.run('op.store.list', { ...scope(), ...more, ...(from === undefined ? {} : { cursor: from }) })
  }
  const read = async from => {
    const page = await trouble.watch(() => ask(from))
    if (page === undefined) return
    keys = from === undefined ? page.keys : [...keys, ...page.keys]
    cursor = page.next_cursor ?? undefined
    list.items = keys
    more.hidden = cursor === undefined
    note.textContent = `${count(keys.length)}${cursor === undefined ? '' : ' and more'} in ${brief(page.namespace, 80)}`
  }
  const more = button('More', () => read(cursor), { hidden: true })
  const show = async key => {
    chosen = key
    list.refresh()
    const entry = await trouble.watch(() => api.run('op.store.get', { ...scope(), key }))
    if (entry !== undefined)
      place.replaceChildren(entry.found ? entryOf(key, entry) : h('p', { class: 'empty' }, 'This key is gone.'))
  }
  const entryOf = (key, { value, version }) => {
    const area = h('textarea', {
      rows: 6,
      spellcheck: false,
      'aria-label': 'New value',
      value: JSON.stringify(value, null, 2)
    })
    const said = h('p', { class: 'trouble', role: 'alert', hidden: true })
    const save = async () => {
      try {
        await api.run('op.store.set', { ...scope(), key, value: parse(area.value), if_version: version })
        await show(key)
      } catch (error) {
        said.textContent = wordsOf(error)
        said.hidden = false
      }
    }
    const remove = async () => {
      if (!(await confirm(`Delete ${brief(key, 80)}?`, { yes: 'Delete' }))) return
      if (!(await attempt(() => api.run('op.store.delete', { ...scope(), key, if_version: version }), 'Deleted.')))
        return
      place.replaceChildren(h('p', { class: 'empty' }, 'Choose a key.'))
      await read()
    }
    return h(
      'div',
      {},
      h('h3', {}, h('bdi', {}, brief(key, 200))),
      h('p', { class: 'hint' }, `version ${version}`),
      jsonView(value),
      h('details', {}, h('summary', {}, 'Change'), area, said, button('Save', save, { class: 'primary' })),
      h('div', { class: 'tools' }, button('Delete', remove, { class: 'danger' }))
    )
  }
  const form = h(
    'form',
    {
      class: 'tools form-line',
      onsubmit: submitted(() => read())
    },
    h('label', { class: 'field' }, 'Namespace', namespace),
    h('label', { class: 'field' }, 'Prefix', prefix),
    h('button', { type: 'submit' }, 'Look'),
    note
  )
  void read()
  return {
    element: panel(
      'Store',
      lead(
        'Values that clients share under keys: the state of an agent, a setting, a counter. They are no messages: nobody is sent them, but whoever watches a key is told of changes.'
      ),
      form,
      trouble.element,
      h('div', { class: 'columns' }, h('div', {}, list.element, more), place),
      addStored(api, scope, read)
    ),
    close: () => list.close()
  }
}

function addStored(api, scope, onDone) {
  const key = h('input', { required: true, autocomplete: 'off', spellcheck: false })
  const value = h('textarea', { rows: 4, spellcheck: false, value: '{}' })
  const said = h('p', { class: 'trouble', role: 'alert', hidden: true })
  const send = async () => {
    try {
      await api.run('op.store.set', { ...scope(), key: key.value, value: parse(value.value) })
      said.hidden = true
      await onDone()
    } catch (error) {
      said.textContent = wordsOf(error)
      said.hidden = false
    }
  }
  return h(
    'details',
    { class: 'add' },
    h('summary', {}, 'Store a value'),
    h(
      'form',
      { onsubmit: submitted(send) },
      h('label', { class: 'field' }, 'Key', key),
      h('label', { class: 'field' }, 'Value', value),
      said,
      h('button', { type: 'submit', class: 'primary' }, 'Store')
    )
  )
}

/** @throws {SyntaxError} in words */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SyntaxError(`That is not JSON: ${error.message}`)
  }
}
