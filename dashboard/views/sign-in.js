import { h } from '../dom.js'

/** Asks for a token, or says why there is no connection. */
export function signInView({ session }) {
  const token = h('input', {
    type: 'password',
    name: 'token',
    id: 'token',
    autofocus: true,
    autocomplete: 'off',
    spellcheck: false,
    required: true
  })
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Sign in')
  const form = h(
    'form',
    {
      onsubmit: event => {
        event.preventDefault()
        void session.signIn(token.value)
      }
    },
    h('label', { class: 'field' }, 'Token', token),
    h(
      'p',
      { class: 'hint' },
      'A JSON Web Token of this server, as ',
      h('code', {}, 'npx arqon token mint'),
      ' makes it where the server runs. It is kept in the memory of this page only, and gone with it.'
    ),
    submit
  )
  const again = h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Try again')
  const isNoted = session.reason !== ''
  const element = h(
    'section',
    { class: 'panel sign-in' },
    h('h1', {}, session.hasAuth ? 'Sign in' : 'There is no connection'),
    isNoted && h('p', { class: 'trouble', role: 'alert' }, session.reason),
    session.hasAuth ? form : again
  )
  return { element }
}
