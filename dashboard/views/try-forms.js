import { h } from '../dom.js'
import { parseObject } from '../parts.js'
import { schemaForm } from '../schema-form.js'
import { sentenceOf } from '../session.js'

/** A form for a message to a channel. Forms have an `element`, and `request()` reads them. @throws {SyntaxError} */
export function publishForm(_context, { given: [room = 'science', channel = 'general'] }) {
  const fields = { room: input('Room', room), channel: input('Channel', channel) }
  const type = h('select', {}, h('option', {}, 'message'), h('option', {}, 'event'))
  const payload = area('{\n  "text": "Hello"\n}')
  return {
    element: h(
      'div',
      { class: 'fields' },
      fields.room.element,
      fields.channel.element,
      label('Type', type),
      label('Payload', payload)
    ),
    request: () => ({
      kind: 'publish',
      room: fields.room.control.value,
      channel: fields.channel.control.value,
      type: type.value,
      payload: parseObject(payload.value)
    })
  }
}

/** A form for a message to one client. */
export function privateForm(_context, { given: [to = ''] }) {
  const target = input('To, by client id', to)
  const payload = area('{\n  "text": "For you alone"\n}')
  return {
    element: h('div', { class: 'fields' }, target.element, label('Payload', payload)),
    request: () => ({ kind: 'private', to: target.control.value, payload: parseObject(payload.value) })
  }
}

/** A form for any command that may be run, made from what `help` says of it. */
export function commandForm({ api, session }, { given: [wanted = 'status'], onCommand, onChange }) {
  const about = h('p', { class: 'lead' }, 'Reading…')
  const place = h('div', {})
  const select = h('select', { 'aria-label': 'Command', onchange: () => choose() })
  let commands = []
  let form = schemaForm({})
  const choose = () => {
    const command = commands.find(({ name }) => name === select.value)
    if (command === undefined) return
    about.textContent = command.role === 'admin' ? `${command.summary} For admins.` : command.summary
    form = schemaForm(command.args, command.args.examples?.[0])
    place.replaceChildren(form.element)
    onCommand(command.role)
    onChange()
  }
  const read = async () => {
    try {
      commands = (await api.run('help')).commands.filter(({ role }) => role !== 'admin' || session.isAdmin)
      select.replaceChildren(...commands.map(({ name }) => h('option', { value: name }, name)))
      select.value = commands.some(({ name }) => name === wanted) ? wanted : (commands[0]?.name ?? '')
      choose()
    } catch (error) {
      about.textContent = sentenceOf(error)
    }
  }
  void read()
  return {
    element: h('div', {}, label('Command', select), about, place),
    request: () => ({ kind: 'command', name: select.value, args: form.values() })
  }
}

function input(name, value) {
  const control = h('input', { value, required: true, autocomplete: 'off', spellcheck: false })
  return { control, element: label(name, control) }
}

function area(value) {
  return h('textarea', { rows: 6, spellcheck: false, value })
}

function label(name, control) {
  return h('label', { class: 'field' }, name, control)
}
