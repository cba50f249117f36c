import { h } from '../dom.js'
import { heading, tabbed } from '../parts.js'
import { cronTab } from './cron.js'
import { omegaTab } from './omega.js'
import { storeTab } from './store.js'
import { webhooksTab } from './webhooks.js'

/** Webhooks, scheduled messages, stored values and the experimental lane. */
export function operatorsView(context) {
  const tabs = [
    ['Webhooks', () => webhooksTab(context)],
    ['Scheduled', () => cronTab(context)],
    ['Store', () => storeTab(context)],
    ['Experimental lane', () => omegaTab(context)]
  ]
  const shown = tabbed('Operators', tabs)
  return { element: h('div', {}, heading('Operators'), shown.element), close: shown.close }
}
