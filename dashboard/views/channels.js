import { prompt } from '../dialog.js'
import { batched, count, h } from '../dom.js'
import { attempt } from '../notices.js'
import { button, heading, Trouble } from '../parts.js'
import { rowsOf, Tree } from '../tree.js'
import { VirtualList } from '../virtual-list.js'
import { channelPanel } from './channel.js'

const NAME = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}'
const NAME_WORDS = '1 to 64 letters, digits, ".", "_", "-"; the first is a letter or a digit'

/** Rooms and channels as a tree, and beside it the one that is chosen. */
export function channelsView(context) {
  const { api, session } = context
  const trouble = new Trouble()
  const tree = new Tree(context, trouble)
  const open = new Set()
  let chosen = ''
  let shown
  let isFresh = true

  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter rooms and channels',
    oninput: () => draw()
  })
  const total = h('span', { class: 'hint', role: 'status' })
  const list = new VirtualList({
    label: 'Rooms and channels',
    class: 'tree',
    role: 'tree',
    rowRole: 'treeitem',
    rowHeight: 30,
    key: row => row.id,
    fill: (element, row) => fillRow(element, row, tree),
    isPicked: row => row.id === chosen,
    adorn: (element, row) => {
      element.setAttribute('aria-level', row.channel === undefined ? '1' : '2')
      if (row.channel === undefined) element.setAttribute('aria-expanded', String(row.isOpen))
    },
    onPick: row => (row.channel === undefined ? toggle(row.room, !open.has(row.room)) : go(row.room, row.channel)),
    onKey: (event, row) => {
      if (row.channel !== undefined || !['ArrowRight', 'ArrowLeft'].includes(event.key)) return false
      toggle(row.room, event.key === 'ArrowRight')
      return true
    }
  })

  const draw = batched(() => {
    if (isFresh && tree.isRead) {
      isFresh = false
      for (const room of [...tree.rooms.keys()].slice(0, 20)) if (tree.rooms.get(room).size <= 50) open.add(room)
    }
    const rows = rowsOf(tree.rooms, open, filter.value)
    let channels = 0
    for (const each of tree.rooms.values()) channels += each.size
    total.textContent = `${count(tree.rooms.size)} rooms, ${count(channels)} channels`
    list.items = rows
  })
  tree.addEventListener('change', draw)

  const toggle = (room, isOpen) => {
    if (isOpen) open.add(room)
    else open.delete(room)
    draw()
  }
  const go = (room, channel) => {
    location.hash = `#/channels/${encodeURIComponent(room)}/${encodeURIComponent(channel)}`
  }
  const create = async () => {
    const rule = { required: true, pattern: NAME, title: NAME_WORDS }
    const given = await prompt('Create a channel', {
      yes: 'Create',
      fields: [
        { name: 'room', label: 'Room', value: chosen.split(':')[0], ...rule },
        { name: 'channel', label: 'Channel', ...rule },
        { name: 'description', label: 'Description', maxLength: 1024 }
      ]
    })
    if (given === undefined) return
    if (given.description === '') delete given.description
    const isDone = await attempt(() => api.run('create_channel', given), `Created ${given.room}:${given.channel}.`)
    if (!isDone) return
    open.add(given.room)
    await tree.read()
    go(given.room, given.channel)
  }

  const place = h('div', { class: 'beside' }, about())
  const actions = session.isAdmin ? [button('Create a channel', create)] : []
  const element = h(
    'div',
    { class: 'split' },
    h(
      'div',
      { class: 'side' },
      heading('Rooms and channels', ...actions),
      filter,
      total,
      trouble.element,
      list.element
    ),
    place
  )
  return {
    element,
    go([room, channel]) {
      const id = room !== undefined && channel !== undefined ? `${room}:${channel}` : ''
      if (id === chosen && shown) return
      shown?.close()
      shown = undefined
      chosen = id
      element.classList.toggle('has-choice', id !== '')
      list.refresh()
      if (id === '') return place.replaceChildren(about())
      open.add(room)
      shown = channelPanel(context, { room, channel, onChange: () => tree.read() })
      place.replaceChildren(shown.element)
      draw()
    },
    close() {
      shown?.close()
      tree.close()
      list.close()
      draw.cancel()
    }
  }
}

function about() {
  return h(
    'div',
    { class: 'about lead' },
    h('p', {}, 'A client that joins a channel gets everything that is published there from then on, in one order.'),
    h('p', {}, 'Choose a channel to see who is in it, what was said, and what is said now.')
  )
}

function membersOf({ participant_count: members }) {
  return `${count(members)} ${members === 1 ? 'member' : 'members'}`
}

function fillRow(element, row, tree) {
  element.classList.toggle('is-room', row.channel === undefined)
  if (row.channel === undefined) {
    const mark = h('span', { class: 'twist', 'aria-hidden': 'true' }, row.isOpen ? '▾' : '▸')
    const counts = `${count(row.channelCount)} ${row.channelCount === 1 ? 'channel' : 'channels'}`
    return element.replaceChildren(
      mark,
      h('bdi', { class: 'row-name' }, row.room),
      h('span', { class: 'row-end' }, counts)
    )
  }
  const rate = tree.rateOf(row.room, row.channel)
  element.replaceChildren(
    h('bdi', { class: 'row-name' }, row.channel),
    ...(rate > 0
      ? [h('span', { class: 'row-rate', title: 'Messages a second, by samples' }, `≈ ${count(rate)}/s`)]
      : []),
    h('span', { class: 'row-end' }, membersOf(row.entry))
  )
}
