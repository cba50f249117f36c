import { h } from './dom.js'

/** Asks whether something is to be done; resolves with true if it is. Escape and Cancel say no. */
export async function confirm(question, { yes, detail = '' }) {
  return (
    (await ask(question, { yes, isDangerous: true, body: detail === '' ? [] : [h('p', {}, detail)] })) !== undefined
  )
}

/**
 * Asks for values; resolves with them by their names, or with undefined when nothing was given.
 * @param fields `{name, label, value?, required?, pattern?, title?}` each
 */
export function prompt(title, { yes, fields }) {
  const body = fields.map(({ label, ...properties }) =>
    h('label', { class: 'field' }, label, h('input', { autocomplete: 'off', spellcheck: false, ...properties }))
  )
  return ask(title, { yes, body })
}

function ask(title, { yes, body, isDangerous = false }) {
  const form = h(
    'form',
    { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, title),
    ...body,
    h(
      'div',
      { class: 'dialog-end' },
      h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      h('button', { type: 'submit', value: 'yes', class: isDangerous ? 'danger' : 'primary' }, yes)
    )
  )
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, form)
  document.body.append(dialog)
  dialog.showModal()
  return new Promise(resolve => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes' ? Object.fromEntries(new FormData(form)) : undefined)
    })
  })
}
