import { confirm } from '../dialog.js'
import { brief, count, dateTime, h, said } from '../dom.js'
import { jsonView } from '../json-view.js'
import { attempt } from '../notices.js'
import { button, chip, lead, panel, table } from '../parts.js'
import { addForm } from './add-form.js'
import { listing } from './listing.js'

/** Webhooks with their deliveries, and what was given up. */
export function webhooksTab({ api }) {
  const chosenPlace = h('div', {})
  let chosen
  const choose = rule => {
    chosen?.close()
    chosen = deliveriesOf(api, rule)
    chosenPlace.replaceChildren(chosen.element)
    chosenPlace.querySelector('h2')?.scrollIntoView({ block: 'nearest' })
  }
  const test = async (rule, again) => {
    const words = ({ outcome, status }) => `The sample: ${outcome}${status === null ? '' : `, status ${status}`}.`
    await attempt(() => api.run('op.webhook.test', { rule_id: rule.rule_id }), words)
    await again()
  }
  const remove = async (rule, again) => {
    const detail = 'What waits for it, and what was given up, is removed with it.'
    if (!(await confirm(`Remove the webhook to ${brief(rule.url, 80)}?`, { yes: 'Remove', detail }))) return
    await attempt(() => api.run('op.webhook.unregister', { rule_id: rule.rule_id }), 'Removed.')
    await again()
  }
  const rules = listing(
    () => api.run('op.webhook.list'),
    ({ rules: found }, again) =>
      table(
        'Webhooks',
        ['URL', 'From', 'State', 'Delivered', 'Failed', 'Given up', 'Last', ''],
        found.map(rule => [
          h('span', { class: 'cut' }, said(rule.url, 200)),
          h('bdi', {}, `${brief(rule.room ?? '*', 70)}:${brief(rule.channel ?? '*', 70)}`),
          chip(brief(rule.state, 20), rule.state === 'active' ? 'good' : 'warn'),
          count(rule.stats.delivered),
          count(rule.stats.failed),
          count(rule.stats.dead_lettered),
          lastOf(rule.stats),
          h(
            'span',
            { class: 'actions row-actions' },
            button('Deliveries', () => choose(rule)),
            button('Test', () => test(rule, again)),
            button('Remove', () => remove(rule, again), { class: 'danger' })
          )
        ]),
        'There are no webhooks.'
      )
  )
  const letters = listing(
    () => api.run('op.webhook.dead_letters', { limit: 50 }),
    ({ dead_letters: found }, again) => lettersTable(api, found, again)
  )
  return {
    element: h(
      'div',
      {},
      panel(
        'Webhooks',
        lead(
          'A webhook posts every message of a channel, a room or all of them to a URL, signed, and again when that fails.'
        ),
        rules.element,
        addForm('Register a webhook', api, 'op.webhook.register', rules.again)
      ),
      chosenPlace,
      panel('Given up', lead('What no attempt could deliver. It can be put back into the queue.'), letters.element)
    ),
    close() {
      rules.close()
      letters.close()
      chosen?.close()
    }
  }
}

function lastOf({ last_status: status, last_attempt_at: at }) {
  return at === null ? '–' : `${status ?? 'no answer'}, ${dateTime(at)}`
}

function deliveriesOf(api, rule) {
  const list = listing(
    () => api.run('op.webhook.deliveries', { rule_id: rule.rule_id }),
    ({ deliveries }) => recordsTable('Deliveries', deliveries, 'Nothing was posted yet.')
  )
  return { element: panel(`Deliveries to ${brief(rule.url, 80)}`, list.element), close: list.close }
}

function lettersTable(api, letters, again) {
  const replay = async letter => {
    await attempt(
      () => api.run('op.webhook.replay', { delivery_id: letter.delivery_id }),
      'It waits to be delivered again.'
    )
    await again()
  }
  return recordsTable('Given up', letters, 'Nothing was given up.', letter => button('Replay', () => replay(letter)))
}

/** A table whose columns are the fields of what it shows. */
export function recordsTable(label, records, empty, action) {
  const fields = [...new Set(records.flatMap(record => Object.keys(record)))]
  const rows = records.map(record => [
    ...fields.map(field => cellOf(field, record[field])),
    ...(action === undefined ? [] : [action(record)])
  ])
  return table(
    label,
    [...fields.map(field => field.replaceAll('_', ' ')), ...(action === undefined ? [] : [''])],
    rows,
    empty
  )
}

function cellOf(field, value) {
  if (value === null || value === undefined) return '–'
  if (field === 'at' || field.endsWith('_at') || field === 'timestamp') return dateTime(value)
  if (typeof value === 'object') return jsonView(value, 1)
  return said(value, field.endsWith('_id') ? 24 : 60)
}
