import { count, h, said } from '../dom.js'
import { jsonView } from '../json-view.js'
import { copyButton, heading, lead, panel, submitted, tabbed, wordsOf } from '../parts.js'
import { httpOf, snippetsOf } from '../snippets.js'
import { commandForm, privateForm, publishForm } from './try-forms.js'
import { wireLog } from './wire.js'

const kinds = ['publish', 'private', 'command']

/** Anything that can be asked of the bus, by a form; the frames that go and come; and the same as a program. */
export function tryView(context) {
  const { session, api, rest } = context
  const wire = wireLog(session)
  const answer = h(
    'div',
    { class: 'answer', 'aria-live': 'polite' },
    h('p', { class: 'empty' }, 'Nothing was sent yet.')
  )
  const code = h('pre', { class: 'code-block', tabIndex: 0 }, '')
  const language = h(
    'select',
    { 'aria-label': 'Language', onchange: () => drawCode() },
    ...(session.canOperate ? ['curl', 'TypeScript', 'Python'] : ['TypeScript', 'Python']).map(name =>
      h('option', {}, name)
    )
  )
  const way = h(
    'select',
    { 'aria-label': 'Way' },
    h('option', { value: 'socket' }, 'over the socket'),
    ...(session.canOperate ? [h('option', { value: 'http' }, 'over HTTP, as operator')] : [])
  )
  let form

  const drawCode = () => {
    try {
      const places = { origin: location.origin, socket: session.address, hasAuth: session.hasAuth }
      code.textContent = snippetsOf(form.request(), places)[language.value]
    } catch (error) {
      code.textContent = wordsOf(error)
    }
  }
  const send = async () => {
    const isByHttp = way.value === 'http'
    try {
      const request = form.request()
      const isLater = !isByHttp && session.state !== 'open'
      answer.replaceChildren(
        h('p', { class: 'empty' }, isLater ? 'It is sent when the connection is back.' : 'Sending…')
      )
      const value = await (isByHttp ? overHttp(api, wire, request) : overSocket(session, request))
      answer.replaceChildren(doneOf(request, value), jsonView(value))
    } catch (error) {
      const mayMore = !isByHttp && session.canOperate && error.code === 'AUTHORIZATION_ERROR'
      answer.replaceChildren(
        h('p', { class: 'trouble' }, wordsOf(error)),
        ...(mayMore ? [h('p', { class: 'hint' }, 'An operator may do more over HTTP: choose that beside Send.')] : [])
      )
    }
  }
  const make = (kind, makeForm) => () => {
    form = makeForm(context, {
      given: rest[0] === kind ? rest.slice(1) : [],
      onCommand: role => {
        if (role === 'admin' && session.canOperate && session.me.client.role === 'user') way.value = 'http'
      },
      onChange: drawCode
    })
    const element = h(
      'form',
      {
        class: 'try-form',
        oninput: drawCode,
        onsubmit: submitted(send)
      },
      form.element,
      h('div', { class: 'tools' }, h('button', { type: 'submit', class: 'primary' }, 'Send'), way)
    )
    drawCode()
    return { element }
  }
  const tabs = [
    ['Publish', make('publish', publishForm)],
    ['Private', make('private', privateForm)],
    ['Command', make('command', commandForm)]
  ]
  const forms = tabbed('What to send', tabs, Math.max(0, kinds.indexOf(rest[0])))
  return {
    element: h(
      'div',
      {},
      heading('Try it'),
      lead(
        'Send anything to the bus, as a client would, and see what goes over the wire, and the program that does the same.'
      ),
      h(
        'div',
        { class: 'columns' },
        h('div', {}, panel('Send', forms.element), panel('Answer', answer)),
        h(
          'div',
          {},
          panel(
            'As a program',
            h(
              'div',
              { class: 'tools' },
              language,
              copyButton(() => code.textContent)
            ),
            code
          ),
          wire.element
        )
      )
    ),
    close() {
      wire.close()
    }
  }
}

/** What came of it in words, and where it can be seen. */
function doneOf({ kind, room, channel }, { sequence }) {
  if (kind !== 'publish' || sequence === undefined) return h('p', { class: 'good' }, 'Done.')
  const href = `#/channels/${encodeURIComponent(room)}/${encodeURIComponent(channel)}`
  const where = h('a', { href }, said(`${room}:${channel}`, 140))
  return h('p', { class: 'good' }, `Done: it is message ${count(sequence)} of `, where, '.')
}

async function overSocket({ bus }, { kind, room, channel, type, to, payload, name, args }) {
  if (kind === 'command') return bus.command(name, args)
  if (kind === 'private') return bus.send(to, payload)
  return bus.publish({ room, channel }, payload, { type })
}

async function overHttp(api, wire, request) {
  const { path, body } = httpOf(request)
  wire.add({ direction: 'out', text: `POST ${path}\n${JSON.stringify(body)}` })
  const { status, value } = await api.send('POST', path, body)
  wire.add({ direction: 'in', text: `${status}\n${JSON.stringify(value)}` })
  if (status < 400) return value
  throw new SyntaxError(`${value?.details ?? value?.error ?? status} (${value?.code ?? status})`)
}
