import { pathOf } from '../api.js'
import { confirm, prompt } from '../dialog.js'
import { batched, brief, count, dateTime, h, repeat, said } from '../dom.js'
import { attempt } from '../notices.js'
import { button, chip, facts, Trouble, table } from '../parts.js'
import { sentenceOf } from '../session.js'
import { Tail } from '../tail.js'
import { messageList } from './messages.js'

const POLL_MS = 5_000
const SHOWN_MEMBERS = 200

/** One channel: what it is, who is in it, and what is said there. */
export function channelPanel({ api, session }, { room, channel, onChange }) {
  const address = `${room}:${channel}`
  const trouble = new Trouble()
  const about = h('div', {})
  const members = h('div', {})
  const memberCount = h('summary', {}, 'Members')
  const position = h('span', { class: 'hint' })
  const place = h('div', { class: 'grow' })
  const refused = h('p', { class: 'trouble', role: 'alert', hidden: true })
  let tail
  let messages
  let entry
  let names = new Map()
  let isLeft = false

  const read = async () => {
    if (isLeft || (document.hidden && entry)) return
    entry = (await trouble.watch(() => api.run('channel_info', { room, channel }))) ?? entry
    if (entry === undefined) return
    about.replaceChildren(aboutOf(entry))
    memberCount.textContent = `Members: ${count(entry.participant_count)}`
    members.replaceChildren(membersOf(entry))
    names = new Map([...names, ...namesOf(entry)])
    messages?.refresh()
  }
  const follow = async () => {
    isLeft = false
    if (session.bus === undefined) return
    tail = new Tail(session.bus, address)
    tail.addEventListener('message', () => {
      refused.hidden = true
      showPosition()
    })
    tail.addEventListener('left', ({ detail }) => detail && refuse(detail))
    messages = messageList(tail, sender => names.get(sender))
    place.replaceChildren(messages.element)
    try {
      await tail.open()
    } catch (error) {
      refuse(error)
    }
  }
  const unfollow = async () => {
    isLeft = true
    messages?.close()
    messages = undefined
    const left = tail
    tail = undefined
    await left?.close()
  }
  const showPosition = batched(() => {
    const at = tail?.position
    position.textContent = at ? `position ${at.sequence} · epoch ${brief(at.epoch, 20)}` : ''
  }, 100)
  const refuse = error => {
    refused.textContent = `Messages are not shown: ${sentenceOf(error)}`
    refused.hidden = false
  }

  const describe = async () => {
    const given = await prompt(`Describe ${address}`, {
      yes: 'Save',
      fields: [{ name: 'description', label: 'Description', value: entry?.description ?? '', maxLength: 1024 }]
    })
    if (
      given &&
      (await attempt(() => api.request('PATCH', pathOf('rooms', room, 'channels', channel), given), 'Saved.'))
    )
      await read()
  }
  const remove = async () => {
    const detail = 'Its history is deleted with it. A channel with members is not deleted.'
    if (!(await confirm(`Delete ${address}?`, { yes: 'Delete', detail }))) return
    await unfollow()
    const isGone = await attempt(() => api.run('delete_channel', { room, channel }), `Deleted ${address}.`)
    onChange()
    if (isGone) location.hash = '#/channels'
    else void follow()
  }

  // Some channels come to be by being joined: nothing is asked about them before.
  const joined = follow()
  const stop = repeat(POLL_MS, () => joined.then(read))
  const actions = [
    h(
      'a',
      { class: 'button', href: `#/try/publish/${encodeURIComponent(room)}/${encodeURIComponent(channel)}` },
      'Publish'
    ),
    ...(session.canOperate ? [button('Describe', describe)] : []),
    ...(session.isAdmin ? [button('Delete', remove, { class: 'danger' })] : [])
  ]
  return {
    element: h(
      'section',
      { class: 'channel', 'aria-label': address },
      h('a', { class: 'back', href: '#/channels' }, '← All channels'),
      h(
        'div',
        { class: 'heading' },
        h('h2', {}, said(address, 140)),
        position,
        h('div', { class: 'actions' }, ...actions)
      ),
      trouble.element,
      about,
      h('details', {}, memberCount, members),
      refused,
      place
    ),
    close() {
      stop()
      showPosition.cancel()
      void unfollow()
    }
  }
}

function aboutOf({ description, metadata, created_by: by, created_at: at, hardcoded, type }) {
  return h(
    'div',
    { class: 'about' },
    description !== '' && h('p', {}, said(description, 1024)),
    h(
      'p',
      { class: 'hint' },
      ...[brief(type, 20), hardcoded && 'part of every server', metadata?.auto_created && 'made by its first use']
        .filter(words => words)
        .flatMap(words => [chip(words), ' ']),
      'created by ',
      said(by, 60),
      ` on ${dateTime(at)}`
    )
  )
}

/** Map( client id -> the name it gave itself ) */
function namesOf({ members }) {
  return new Map(members.filter(({ screen_name: name }) => name).map(member => [member.client_id, member.screen_name]))
}

function membersOf({ members, participant_count: all }) {
  const rows = members
    .slice(0, SHOWN_MEMBERS)
    .map(member => [
      said(member.screen_name ?? '–', 60),
      brief(member.client_type, 32),
      h('bdi', { class: 'code' }, brief(member.client_id, 80)),
      dateTime(member.joined_at)
    ])
  const rest = all - rows.length
  return h(
    'div',
    {},
    table('Members', ['Name', 'Type', 'Client', 'Since'], rows, 'Nobody is here.'),
    rest > 0 && facts([['More', count(rest)]])
  )
}
