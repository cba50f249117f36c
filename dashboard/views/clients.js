import { pathOf } from '../api.js'
import { confirm } from '../dialog.js'
import { batched, brief, bytes, count, dateTime, h, repeat, said } from '../dom.js'
import { attempt } from '../notices.js'
import { button, facts, heading, Trouble } from '../parts.js'
import { VirtualList } from '../virtual-list.js'

const LEAST_PAUSE_MS = 3_000
const PAUSE_FACTOR = 20
/** Columns that a narrow page leaves out. */
const spare = new Set(['Tenant', 'Channels', 'Out', 'Waiting'])
const columns = ['Name', 'Type', 'Tenant', 'Channels', 'In', 'Out', 'Waiting']

/** Who is connected, and what they do. */
export function clientsView({ api, session }) {
  const trouble = new Trouble()
  const total = h('span', { class: 'hint', role: 'status' })
  const detail = h('div', { class: 'detail' })
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter clients by name, type, id or channel',
    oninput: () => draw()
  })
  let clients = []
  let chosen
  let shown
  let tookMs = 0
  let former = new Map()
  let formerMs = 0

  const list = new VirtualList({
    label: 'Clients',
    class: 'clients',
    rowHeight: 30,
    key: client => client.client_id,
    empty: 'No client fits.',
    fill: (row, client) => fillRow(row, client, client.client_id === session.bus?.clientId),
    isPicked: client => client.client_id === chosen,
    onPick: client => {
      chosen = client.client_id
      drawDetail()
    }
  })
  const draw = batched(() => {
    const text = filter.value.toLowerCase()
    const fitting = text === '' ? clients : clients.filter(client => searchedOf(client).includes(text))
    list.items = fitting
    total.textContent =
      fitting.length === clients.length
        ? `${count(clients.length)} connected`
        : `${count(fitting.length)} of ${count(clients.length)} connected`
  })
  const read = async () => {
    if (document.hidden && clients.length > 0) return
    const startMs = performance.now()
    const found = await trouble.watch(() =>
      api.all(
        cursor => api.request('GET', `/v1/clients?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),
        'clients'
      )
    )
    if (found === undefined) return
    const nowMs = performance.now()
    tookMs = nowMs - startMs
    const seconds = (nowMs - formerMs) / 1000
    clients = found.map(client => ({ ...client, ...ratesOf(client, former.get(client.client_id), seconds) }))
    former = new Map(found.map(client => [client.client_id, client]))
    formerMs = nowMs
    draw()
    drawDetail()
  }
  const drawDetail = () => {
    const client = clients.find(each => each.client_id === chosen)
    if (client) {
      // Whoever is about to press a button there does not lose it.
      if (shown?.id !== chosen) {
        shown = detailOf(client, () => disconnect(client))
        detail.replaceChildren(shown.element)
      }
      return shown.draw(client)
    }
    shown = undefined
    detail.replaceChildren(
      chosen === undefined
        ? h('p', { class: 'empty' }, 'Choose a client to see what it does, to write to it, or to disconnect it.')
        : h('p', { class: 'empty' }, 'This client is gone.')
    )
  }
  const disconnect = async client => {
    const question = `Disconnect ${brief(client.screen_name ?? client.client_id, 60)}?`
    const words = 'Its socket is closed with 4403, which tells it not to come back.'
    if (!(await confirm(question, { yes: 'Disconnect', detail: words }))) return
    await attempt(() => api.request('DELETE', pathOf('clients', client.client_id)), 'Disconnected.')
    await read()
  }
  const stop = repeat(() => Math.max(LEAST_PAUSE_MS, tookMs * PAUSE_FACTOR), read)
  drawDetail()
  const head = h(
    'div',
    { class: 'row-head', 'aria-hidden': 'true' },
    ...columns.map(name => h('span', { class: spare.has(name) ? 'is-spare' : '' }, name))
  )
  return {
    element: h(
      'div',
      { class: 'fill' },
      heading('Clients', total),
      filter,
      trouble.element,
      h('div', { class: 'client-table' }, head, list.element),
      detail
    ),
    close() {
      stop()
      list.close()
      draw.cancel()
    }
  }
}

function searchedOf({ client_id: id, client_type: type, screen_name: name = '', subject, channels }) {
  return `${id}\n${type}\n${name}\n${subject ?? ''}\n${channels.join('\n')}`.toLowerCase()
}

function ratesOf(client, former, seconds) {
  if (former === undefined) return { in_rate: undefined, out_rate: undefined }
  return {
    in_rate: (client.frames_received - former.frames_received) / seconds,
    out_rate: (client.frames_sent - former.frames_sent) / seconds
  }
}

function fillRow(row, client, isOwn) {
  const { channels, channel_count: joined } = client
  const shown = channels.slice(0, 3).join(', ')
  row.replaceChildren(
    h('span', {}, said(client.screen_name ?? client.subject ?? client.client_id, 60), isOwn && ' (this page)'),
    h('span', {}, brief(client.client_type, 32)),
    h('bdi', { class: 'is-spare' }, brief(client.tenant_id, 40)),
    h('bdi', { class: 'is-spare' }, joined > 3 ? `${brief(shown, 80)} +${joined - 3}` : brief(shown, 80)),
    h('span', {}, rateText(client.in_rate)),
    h('span', { class: 'is-spare' }, rateText(client.out_rate)),
    h('span', { class: client.outbox_bytes > 0 ? 'is-spare is-warn' : 'is-spare' }, bytes(client.outbox_bytes))
  )
}

function rateText(rate) {
  return rate === undefined ? '…' : `${count(rate)}/s`
}

/** One client, with what can be done to it; `draw` shows its numbers as they are now. */
function detailOf({ client_id: id, screen_name: name }, onDisconnect) {
  const place = h('div', {})
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'heading' },
      h('h2', {}, said(name ?? id, 60)),
      h(
        'div',
        { class: 'actions' },
        h('a', { class: 'button', href: `#/try/private/${encodeURIComponent(id)}` }, 'Message'),
        button('Disconnect', onDisconnect, { class: 'danger' })
      )
    ),
    place
  )
  return { id, element, draw: client => place.replaceChildren(factsOf(client)) }
}

function factsOf(client) {
  return facts([
    ['Client id', h('bdi', { class: 'code' }, brief(client.client_id, 140))],
    ['Subject', said(client.subject ?? '–', 140)],
    ['Role', brief(client.role, 40)],
    ['Tenant', said(client.tenant_id, 80)],
    ['Connected', dateTime(client.connected_at)],
    ['Frames in', `${count(client.frames_received)} (${rateText(client.in_rate)})`],
    ['Frames out', `${count(client.frames_sent)} (${rateText(client.out_rate)})`],
    ['Waiting to be read', bytes(client.outbox_bytes)],
    [
      'Channels',
      h(
        'bdi',
        {},
        client.channel_count === 0
          ? 'none'
          : client.channels
              .slice(0, 100)
              .map(each => brief(each, 140))
              .join(', ')
      )
    ]
  ])
}
