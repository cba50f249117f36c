import { Chart } from '../chart.js'
import { bytes, count, h } from '../dom.js'
import { heading } from '../parts.js'
import { quantileOf, rateOf, sumOf } from '../samples.js'
import { introduction } from './introduction.js'

const DELIVERY = 'arqonbus_publish_deliver_duration_seconds'
const blue = '--line-1'
const amber = '--line-2'
const red = '--line-3'

const gauge = family => sample => sumOf(sample, family)
const rate = (family, fits) => (sample, former) => rateOf(sample, former, family, fits)
const millis = family => sample => sumOf(sample, family) * 1000
const quantile = share => (sample, _former, begin) => {
  const seconds = quantileOf(share, sample, begin, DELIVERY)
  return seconds === undefined ? undefined : seconds * 1000
}
const decided = decision => rate('arqonbus_casil_decisions_total', entry => entry.decision === decision)
const posted = outcome => rate('arqonbus_webhook_deliveries_total', entry => entry.outcome === outcome)

const perSecond = value => `${count(value)}/s`
const inMillis = value => `${value > 0 && value < 1 ? value.toFixed(2) : count(value)} ms`

/** What is shown: `[id, title, format, [label, colour, value of a sample and the one before]…]`. */
const tiles = [
  ['clients', 'Clients', count, ['connected', blue, gauge('arqonbus_active_clients')]],
  [
    'rooms',
    'Rooms and channels',
    count,
    ['rooms', amber, gauge('arqonbus_rooms_total')],
    ['channels', blue, gauge('arqonbus_channels_total')]
  ],
  [
    'messages',
    'Frames',
    perSecond,
    ['from clients', blue, rate('arqonbus_messages_received_total')],
    ['to clients', amber, rate('arqonbus_messages_sent_total')]
  ],
  ['delivery', 'Publish to deliver', inMillis, ['p50', blue, quantile(0.5)], ['p99', amber, quantile(0.99)]],
  [
    'loop',
    'Event-loop delay',
    inMillis,
    ['p50', blue, millis('arqonbus_event_loop_delay_p50_seconds')],
    ['p99', amber, millis('arqonbus_event_loop_delay_p99_seconds')]
  ],
  [
    'memory',
    'Memory',
    bytes,
    ['process', blue, gauge('arqonbus_memory_usage_bytes')],
    ['heap', amber, gauge('arqonbus_heap_used_bytes')]
  ],
  [
    'casil',
    'CASIL decisions',
    perSecond,
    ['allowed', blue, decided('ALLOW')],
    ['with redaction', amber, decided('ALLOW_WITH_REDACTION')],
    ['blocked', red, decided('BLOCK')]
  ],
  [
    'webhooks',
    'Webhook attempts',
    perSecond,
    ['delivered', blue, posted('delivered')],
    ['retried', amber, posted('retried')],
    ['given up', red, posted('dead_lettered')]
  ],
  ['refusals', 'Refusals', perSecond, ['refused', red, rate('arqonbus_refusals_total')]]
]

/** What the bus is for, and how the server is, now and over the last 15 minutes. */
export function overviewView({ meters, session }) {
  const made = tiles.map(makeTile)
  const status = h('p', { class: 'status', role: 'status' }, 'Reading…')
  const alerts = h('ul', { class: 'alerts', 'aria-label': 'Alerts that fire' })
  const draw = () => {
    status.textContent = statusOf(meters)
    status.classList.toggle('is-bad', meters.silentSince !== undefined)
    alerts.replaceChildren(...meters.firing.map(({ name, words }) => h('li', {}, h('b', {}, name), ` ${words}.`)))
    if (meters.samples.last === undefined || document.hidden) return
    for (const tile of made) tile.draw(meters)
  }
  const repaint = () => {
    for (const { chart } of made) chart.repaint()
  }
  meters.addEventListener('sample', draw)
  document.addEventListener('visibilitychange', draw)
  addEventListener('theme', repaint)
  draw()
  return {
    element: h(
      'div',
      {},
      heading('Overview'),
      introduction(session.address),
      status,
      alerts,
      h('div', { class: 'tiles' }, ...made.map(tile => tile.element))
    ),
    close() {
      meters.removeEventListener('sample', draw)
      document.removeEventListener('visibilitychange', draw)
      removeEventListener('theme', repaint)
      for (const { chart } of made) chart.close()
    }
  }
}

function makeTile([id, title, format, ...lines]) {
  const chart = new Chart(
    lines.map(([label, color]) => ({ label, color })),
    format
  )
  const values = lines.map(([label, color]) => {
    const number = h('span', { class: 'value' }, '–')
    const name = h('span', { class: 'value-name' }, h('span', { class: `swatch ${color.slice(2)}` }), label)
    return { number, element: h('div', {}, number, name) }
  })
  const alarm = h('p', { class: 'alarm', hidden: true })
  const element = h(
    'section',
    { class: 'panel tile', id: `tile-${id}` },
    h('h2', {}, title),
    h('div', { class: 'values' }, ...values.map(value => value.element)),
    alarm,
    chart.element
  )
  const functions = lines.map(([, , value]) => value)
  const draw = ({ samples, firing }) => {
    const points = samples.points(functions)
    chart.points = points
    for (const [index, { number }] of values.entries()) {
      const value = points[index + 1].at(-1)
      number.textContent = value === null || value === undefined ? '–' : format(value)
    }
    const mine = firing.filter(({ tile }) => tile === id)
    element.classList.toggle('is-firing', mine.length > 0)
    alarm.hidden = mine.length === 0
    alarm.textContent = mine.map(({ words }) => words).join('; ')
  }
  return { element, chart, draw }
}

function statusOf({ silentSince, samples }) {
  if (silentSince !== undefined) {
    const seconds = Math.round(Date.now() / 1000 - silentSince)
    return `The server has not answered for ${seconds} s. What is shown is from before.`
  }
  const { last } = samples
  if (last === undefined) return 'Reading…'
  const version = last.values.arqonbus_build_info?.[0]?.version ?? ''
  return `ArqonBus ${version}, running for ${durationOf(sumOf(last, 'arqonbus_uptime_seconds'))}.`
}

function durationOf(seconds) {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's']
  ]
  const from = parts.findIndex(([value]) => value > 0)
  return parts
    .slice(Math.max(0, from), Math.max(0, from) + 2)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}
