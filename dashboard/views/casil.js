import { decisionWords } from '../decision.js'
import { confirm } from '../dialog.js'
import { batched, brief, h, repeat, time } from '../dom.js'
import { jsonView } from '../json-view.js'
import { attempt } from '../notices.js'
import { button, chip, facts, lead, panel, parseObject, submitted, Trouble, wordsOf } from '../parts.js'
import { VirtualList } from '../virtual-list.js'

const POLL_MS = 5_000
const MAX_DECISIONS = 1_000

/** The policy of inspection: what it is, what it would do, and what it does. */
export function casilView(context) {
  const { api, session } = context
  const trouble = new Trouble()
  const policyPlace = h('div', {}, h('p', { class: 'empty' }, 'Reading…'))
  const state = h('span', {})
  const actions = h('div', { class: 'actions' })
  let policy

  const read = async () => {
    if (document.hidden && policy) return
    const found = await trouble.watch(() => api.run('op.casil.get'))
    if (found === undefined || JSON.stringify(found) === JSON.stringify(policy)) return
    policy = found
    draw()
  }
  const draw = () => {
    const { enabled, mode } = policy
    state.replaceChildren(chip(enabled ? mode : 'off', enabled ? (mode === 'enforce' ? 'good' : 'warn') : 'plain'))
    policyPlace.replaceChildren(facts(Object.entries(policy).map(([key, value]) => [key, shownOf(value)])))
    if (!session.maySetPolicy) return
    const other = mode === 'enforce' ? 'monitor' : 'enforce'
    actions.replaceChildren(
      button(enabled ? 'Switch off' : 'Switch on', () =>
        change({ enabled: !enabled }, enabled ? 'Switch inspection off?' : 'Switch inspection on?')
      ),
      button(`Switch to ${other}`, () => change({ mode: other }, `Switch to ${other}?`), { class: 'danger' })
    )
  }
  const change = async (part, question) => {
    const detail =
      'It holds from the next message on, for every tenant, until it is changed or the server is started anew.'
    if (!(await confirm(question, { yes: question.slice(0, -1), detail }))) return
    await attempt(() => api.run('op.casil.reload', part), 'The policy is changed.')
    await read()
  }
  const stop = repeat(POLL_MS, read)
  const decisions = session.canOperate ? decisionList(context) : undefined
  return {
    element: h(
      'div',
      {},
      h('div', { class: 'heading' }, h('h1', {}, 'CASIL'), state, actions),
      lead(
        'The inspection of contents: it looks for secrets in what is published. In monitor mode it reports them. In enforce mode it redacts them, in what is logged or also in what is delivered, or it blocks the message.'
      ),
      trouble.element,
      h(
        'div',
        { class: 'columns' },
        h('div', {}, panel('Policy', policyPlace)),
        h('div', {}, ...(session.isAdmin ? [testBox(context)] : []), ...(decisions ? [decisions.element] : []))
      )
    ),
    close() {
      stop()
      decisions?.close()
    }
  }
}

function shownOf(value) {
  if (Array.isArray(value))
    return h('bdi', { class: 'code' }, value.length === 0 ? '–' : value.map(each => brief(each, 120)).join(', '))
  return brief(typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value), 120)
}

function testBox({ api }) {
  const room = h('input', { value: 'science', required: true, autocomplete: 'off' })
  const channel = h('input', { value: 'general', required: true, autocomplete: 'off' })
  const payload = h('textarea', { rows: 4, spellcheck: false, value: '{\n  "note": "password: tangerine"\n}' })
  const answer = h('div', { 'aria-live': 'polite' })
  const test = async () => {
    try {
      const args = { room: room.value, channel: channel.value, payload: parseObject(payload.value) }
      answer.replaceChildren(verdictOf(await api.run('op.casil.test', args)))
    } catch (error) {
      answer.replaceChildren(h('p', { class: 'trouble' }, wordsOf(error)))
    }
  }
  const form = h(
    'form',
    { onsubmit: submitted(test) },
    h(
      'div',
      { class: 'pair' },
      h('label', { class: 'field' }, 'Room', room),
      h('label', { class: 'field' }, 'Channel', channel)
    ),
    h('label', { class: 'field' }, 'Payload', payload),
    h(
      'div',
      { class: 'tools' },
      h('button', { type: 'submit', class: 'primary' }, 'Test'),
      h('span', { class: 'hint' }, 'Nothing is sent.')
    )
  )
  return panel('What would happen', form, answer)
}

function verdictOf({ decision, reason_code: reason, classification, fired, payload }) {
  return h(
    'div',
    {},
    h(
      'p',
      {},
      decisionChip(decision, reason),
      ' ',
      brief(reason, 60),
      ' ',
      chip(`risk ${classification.risk_level}`, classification.risk_level === 'low' ? 'plain' : 'warn')
    ),
    fired.length > 0 && h('p', { class: 'hint' }, `Found: ${brief(fired.join(', '), 300)}`),
    h('h3', {}, 'Would be delivered as'),
    jsonView(payload ?? null)
  )
}

function decisionChip(decision, reason) {
  const kinds = { ALLOW: 'good', ALLOW_WITH_REDACTION: 'warn', BLOCK: 'bad' }
  return chip(decisionWords(decision, reason), kinds[decision])
}

/** What inspection finds, as it finds it. */
function decisionList({ events }) {
  let entries = []
  let number = 0
  let chosen
  const detail = h('div', { class: 'detail' })
  const note = h('p', { class: 'hint', role: 'status' }, 'Nothing was found since this view was opened.')
  const list = new VirtualList({
    label: 'Decisions, the newest first',
    class: 'wire',
    empty: 'Messages that are redacted, blocked or flagged appear here.',
    rowHeight: 28,
    key: entry => entry.key,
    isPicked: entry => entry.key === chosen,
    fill: (row, { event }) => {
      if (row.childElementCount > 0) return
      const { decision, reason_code: reason, room, channel } = event.payload
      const where = h('bdi', { class: 'm-sender' }, brief(`${room}:${channel}`, 80))
      row.append(
        h('span', { class: 'm-time' }, time(event.timestamp)),
        decisionChip(decision, reason),
        where,
        h('span', { class: 'm-payload' }, brief(reason, 80))
      )
    },
    onPick: entry => {
      chosen = entry.key
      detail.replaceChildren(jsonView(entry.event.payload))
    }
  })
  const draw = batched(() => {
    list.items = entries
    if (number > 0) note.textContent = `${number} since this view was opened.`
  })
  const stop = events.listen(event => {
    if (event.event_type !== 'casil_decision') return
    entries = [{ key: ++number, event }, ...entries.slice(0, MAX_DECISIONS - 1)]
    draw()
  })
  return {
    element: panel('Decisions', note, list.element, detail),
    close() {
      stop()
      list.close()
      draw.cancel()
    }
  }
}
