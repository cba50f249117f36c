import { h } from '../dom.js'
import { notify } from '../notices.js'
import { submitted, wordsOf } from '../parts.js'
import { schemaForm } from '../schema-form.js'

/** A form, folded until it is wanted, for the arguments of a command that makes something. @param onDone is called when it was done */
export function addForm(title, api, name, onDone, given = {}) {
  const place = h('div', {})
  const trouble = h('p', { class: 'trouble', role: 'alert', hidden: true })
  let form
  const open = async () => {
    if (form !== undefined) return
    try {
      const { commands } = await api.run('help')
      form = schemaForm(commands.find(command => command.name === name).args, given)
      place.replaceChildren(form.element)
    } catch (error) {
      say(wordsOf(error))
    }
  }
  const say = words => {
    trouble.textContent = words
    trouble.hidden = words === ''
  }
  const send = async () => {
    try {
      await api.run(name, form.values())
      say('')
      notify('Done.')
      details.open = false
      form = undefined
      await onDone()
    } catch (error) {
      say(wordsOf(error))
    }
  }
  const details = h(
    'details',
    { class: 'add', ontoggle: () => details.open && void open() },
    h('summary', {}, title),
    h('form', { onsubmit: submitted(send) }, place, trouble, h('button', { type: 'submit', class: 'primary' }, title))
  )
  return details
}
