import { decisionWords } from '../decision.js'
import { batched, brief, count, h, time } from '../dom.js'
import { jsonView, preview } from '../json-view.js'
import { button, chip, facts } from '../parts.js'
import { contains } from '../tail.js'
import { VirtualList } from '../virtual-list.js'

/** Nobody reads faster. */
const REST_MS = 100
const CLIENT_PREFIX = 'arq_client_'
const ID_END = 6

/**
 * The messages of a {@link Tail} as a list that follows them, with a filter, a pause, and the one that is chosen in full.
 * @param nameOf what a sender calls itself; undefined when that is not known
 */
export function messageList(tail, nameOf) {
  let isPaused = false
  let frozen
  let isFollowing = true
  let chosen
  let rateCount = 0
  let passed = { source: undefined, filter: '', upTo: 0, entries: [] }

  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter messages',
    'aria-label': 'Filter messages by sender, type or payload',
    oninput: () => draw()
  })
  const pause = button('Pause', () => setPaused(!isPaused), { 'aria-pressed': 'false' })
  const state = h('span', { class: 'hint' })
  const detail = h('div', { class: 'detail', 'aria-live': 'off' })
  const list = new VirtualList({
    label: 'Messages, oldest first',
    class: 'messages',
    rowHeight: 26,
    key: entry => entry.key,
    fill: (row, entry) => fillRow(row, entry, nameOf(entry.message.sender)),
    empty: 'No message yet. What is published to this channel appears here at once.',
    isPicked: entry => entry.key === chosen,
    onPick: entry => {
      chosen = entry.key
      detail.replaceChildren(messageDetail(entry.message))
    }
  })
  list.element.addEventListener('scroll', () => {
    isFollowing = list.isAtEnd
  })

  const setPaused = value => {
    isPaused = value
    frozen = value ? tail.entries.slice() : undefined
    pause.textContent = value ? 'Go on' : 'Pause'
    pause.setAttribute('aria-pressed', String(value))
    draw()
  }
  /** What passes the filter; of what was filtered before only what is new is looked at. */
  const select = () => {
    const source = frozen ?? tail.entries
    const text = filter.value.toLowerCase()
    if (text === '') return source
    const isSame = passed.source === source && passed.filter === text
    if (!isSame) passed = { source, filter: text, upTo: 0, entries: [] }
    for (; passed.upTo < source.length; passed.upTo++) {
      const entry = source[passed.upTo]
      if (contains(entry.message, text)) passed.entries.push(entry)
    }
    return passed.entries
  }
  const draw = batched(() => {
    const entries = select()
    list.items = entries
    const all = (frozen ?? tail.entries).length
    const waiting = isPaused ? tail.entries.filter(({ key }) => key > (frozen.at(-1)?.key ?? 0)).length : 0
    state.textContent = [
      entries.length === all
        ? `${count(all)} ${all === 1 ? 'message' : 'messages'}`
        : `${count(entries.length)} of ${count(all)} messages`,
      isPaused ? `paused, ${count(waiting)} more came` : `${count(rateCount)}/s`
    ].join(' · ')
    if (isFollowing && !isPaused) list.scrollToEnd()
  }, REST_MS)
  tail.addEventListener('message', draw)
  let before = tail.count
  const timer = setInterval(() => {
    rateCount = tail.count - before
    before = tail.count
    draw()
  }, 1_000)
  draw()

  const element = h(
    'div',
    { class: 'message-list' },
    h('div', { class: 'tools' }, filter, pause, state),
    list.element,
    detail
  )
  return {
    element,
    /** Fills what is shown again: names may be known by now. */
    refresh: () => list.refresh(),
    close() {
      clearInterval(timer)
      tail.removeEventListener('message', draw)
      list.close()
      draw.cancel()
    }
  }
}

/** A message does not change: its row is filled once, but for the name of its sender, which may be learned later. */
function fillRow(row, { message }, name) {
  const sender = row.querySelector('.m-sender')
  if (sender) {
    if (sender.textContent !== senderOf(message.sender, name)) sender.textContent = senderOf(message.sender, name)
    return
  }
  row.append(
    h('span', { class: 'm-seq' }, message.sequence === undefined ? '' : String(message.sequence)),
    h('span', { class: 'm-time' }, time(message.timestamp)),
    h('bdi', { class: 'm-sender', title: brief(message.sender, 140) }, senderOf(message.sender, name)),
    h(
      'span',
      { class: `m-type is-${/^[a-z]+$/.test(message.type) ? message.type : 'other'}` },
      brief(message.type, 20)
    ),
    h('span', { class: 'm-marks' }, ...casilMarks(message.metadata)),
    h('bdi', { class: 'm-payload' }, preview(message.payload))
  )
}

/** A client by its name, if it has one, and the end of its id: names are given by anybody, and ids of one hour begin alike. */
function senderOf(id, name) {
  if (!id.startsWith(CLIENT_PREFIX)) return brief(id, 48)
  return `${name === undefined ? 'client' : brief(name, 30)} …${brief(id.slice(-ID_END))}`
}

/** What inspection wrote on a message. */
export function casilMarks(metadata) {
  const mark = metadata?.casil
  if (mark === null || typeof mark !== 'object') return []
  const isRisky = mark.risk_level !== 'low'
  const words = isRisky ? decisionWords(mark.decision, mark.reason_code) : 'inspected'
  return [chip(words, isRisky ? 'warn' : 'plain')]
}

function messageDetail(message) {
  const { payload, metadata, sender, id, type, timestamp, sequence, epoch } = message
  const flags = Object.entries(metadata?.casil?.flags ?? {}).filter(([, isSet]) => isSet === true)
  return h(
    'div',
    {},
    facts([
      ['Id', h('bdi', {}, brief(id, 140))],
      ['Type', brief(type, 40)],
      ['From', h('bdi', {}, brief(sender, 140))],
      ['At', brief(timestamp, 40)],
      ['Position', sequence === undefined ? 'not stored' : `${sequence} in ${brief(epoch, 40)}`],
      ...(metadata?.casil
        ? [
            [
              'CASIL',
              h(
                'span',
                {},
                ...casilMarks(metadata),
                ' ',
                brief(metadata.casil.reason_code, 60),
                ...flags.map(([flag]) => chip(brief(flag, 40), 'warn'))
              )
            ]
          ]
        : [])
    ]),
    h('h3', {}, 'Payload'),
    jsonView(payload),
    h('h3', {}, 'Metadata'),
    jsonView(metadata ?? {})
  )
}
