import { Api } from './api.js'
import { h, said } from './dom.js'
import { EventFeed } from './events.js'
import { Meters } from './meters.js'
import { Session } from './session.js'
import { startTheme } from './theme.js'
import { casilView } from './views/casil.js'
import { channelsView } from './views/channels.js'
import { clientsView } from './views/clients.js'
import { operatorsView } from './views/operators.js'
import { overviewView } from './views/overview.js'
import { signInView } from './views/sign-in.js'
import { tryView } from './views/try.js'

/** The views in their order: `[path, title, make, whether it is for operators only]`. */
const views = [
  ['overview', 'Overview', overviewView, false],
  ['channels', 'Rooms and channels', channelsView, false],
  ['clients', 'Clients', clientsView, true],
  ['try', 'Try it', tryView, false],
  ['casil', 'CASIL', casilView, false],
  ['operators', 'Operators', operatorsView, false]
]
const words = {
  starting: 'starting',
  'signed-out': 'not connected',
  connecting: 'connecting',
  recovering: 'recovering',
  open: 'connected',
  waiting: 'connection lost, trying again',
  closed: 'closed'
}

const session = new Session()
const api = new Api(session)
const events = new EventFeed(session)
const meters = new Meters()
const page = Object.fromEntries(['state', 'who', 'leave', 'nav', 'main'].map(id => [id, document.getElementById(id)]))
let shown
let shownFor = ''

/** Shows the view of the address, unless it is shown already: anew when somebody else is signed in. */
function show() {
  // First it is found out for whom.
  if (session.me === undefined && session.state !== 'signed-out') return
  const [path = '', ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeSafely)
  const isIn = session.me !== undefined
  const allowed = views.filter(([, , , isForOperators]) => !isForOperators || session.canOperate)
  const [name, title, make] = isIn
    ? (allowed.find(([each]) => each === path) ?? allowed[0])
    : ['', 'Sign in', signInView]
  const wanted = `${name} ${session.me?.subject} ${session.canOperate} ${isIn ? '' : session.reason}`
  drawNav(isIn ? allowed : [], name)
  if (shownFor === wanted && shown !== undefined) return shown.go?.(rest)
  shown?.close?.()
  shownFor = wanted
  document.title = `${title} – ArqonBus`
  shown = make({ session, api, events, meters, rest })
  page.main.className = `view-${name || 'sign-in'}`
  page.main.replaceChildren(shown.element)
  shown.go?.(rest)
}

function drawNav(allowed, current) {
  page.nav.replaceChildren(
    ...allowed.map(([name, title]) =>
      h('a', { href: `#/${name}`, 'aria-current': name === current ? 'page' : false }, title)
    )
  )
  // A narrow page has no room for all of them beside each other.
  page.nav.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

function drawBar() {
  const { state, me, hasAuth, canOperate } = session
  page.state.textContent = words[state] ?? state
  page.state.className = `pill is-${state}`
  page.leave.hidden = !hasAuth || me === undefined
  page.who.replaceChildren()
  if (me === undefined) return
  const { role, tenant_id: tenant } = me.client
  const parts = [
    said(me.subject ?? 'anonymous', 40),
    ` · ${canOperate && !hasAuth ? 'operator' : role} · tenant `,
    said(tenant, 40)
  ]
  page.who.append(...parts, untilWhen(me.expires_at))
}

function untilWhen(expiresAt) {
  if (expiresAt === null) return ''
  const minutes = Math.floor((Date.parse(expiresAt) - Date.now()) / 60_000)
  return minutes < 1
    ? ' · expires in less than a minute'
    : ` · expires in ${minutes > 180 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`}`
}

function decodeSafely(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

startTheme(document.getElementById('theme'))
session.addEventListener('change', () => {
  if (session.me === undefined) events.close()
  drawBar()
  if (session.state !== 'connecting') show()
})
addEventListener('hashchange', () => {
  show()
  page.main.focus({ preventScroll: true })
})
page.leave.addEventListener('click', () => void session.signOut())
setInterval(drawBar, 30_000)
meters.start()
void session.start()
