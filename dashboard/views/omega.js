import { h } from '../dom.js'
import { facts, panel } from '../parts.js'
import { addForm } from './add-form.js'
import { listing } from './listing.js'
import { recordsTable } from './webhooks.js'

/** The experimental lane: whether it is on, and what is in it. */
export function omegaTab({ api, session }) {
  const forms = h('div', { hidden: true })
  const parts = listing(
    async () => {
      const status = await api.run('op.omega.status')
      if (!status.enabled) return { status }
      const [{ substrates }, { events }] = [
        await api.run('op.omega.list_substrates'),
        await api.run('op.omega.list_events', { limit: 50 })
      ]
      return { status, substrates, events }
    },
    ({ status, substrates, events }) => {
      forms.hidden = !(status.enabled && session.isAdmin)
      if (!status.enabled)
        return h('p', { class: 'empty' }, 'The experimental lane is off: ARQONBUS_OMEGA_ENABLED=true turns it on.')
      return [
        facts([
          ['Lab channel', `${status.lab_room}:${status.lab_channel}`],
          ['Substrates', `${status.substrate_count} of ${status.max_substrates}`],
          ['Events', `${status.event_count} of ${status.max_events}`]
        ]),
        h('h3', {}, 'Substrates'),
        recordsTable('Substrates', substrates, 'There are no substrates.'),
        h('h3', {}, 'Events'),
        recordsTable('Events', events.toReversed(), 'There are no events.')
      ]
    }
  )
  forms.append(
    addForm('Register a substrate', api, 'op.omega.register_substrate', parts.again),
    addForm('Emit an event', api, 'op.omega.emit_event', parts.again)
  )
  return { element: panel('Experimental lane', parts.element, forms), close: parts.close }
}
