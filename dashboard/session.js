import { toRefusal } from './api.js'

/** Answers whoever may operate. It also names the tenant, whose rooms are counted from then on. */
const PROBE = '/v1/rooms?limit=1'
const PATIENCE_MS = 10_000
const AGAIN_MS = 1_000

/** Who looks at the page, and the connection that is theirs. The token is kept in memory only. */
export class Session extends EventTarget {
  /** `starting`, `signed-out`, or the state of the connection: `connecting`, `open`, `recovering`, `waiting`, `closed`. */
  state = 'starting'
  /** Whether the server asks for tokens. */
  hasAuth = false
  /** Why nobody is signed in, in words. */
  reason = ''
  /** The connection; undefined while there is none. */
  bus
  /** What `whoami` says; undefined before. */
  me
  /** Whether `/v1` answers. */
  canOperate = false
  /** Where the socket is. */
  address
  /** Every frame of the socket, for whoever listens: `{direction, text}`. */
  onFrame = () => {}
  #token
  #client

  /** The header of every request to `/v1`. */
  get authorization() {
    return this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }
  }

  /** The role that commands are run with. */
  get isAdmin() {
    return this.canOperate || ['admin', 'superadmin'].includes(this.me?.client.role)
  }

  /** Whether the policy of inspection, which is of all tenants, may be changed: with tokens not by an admin of one. */
  get maySetPolicy() {
    const { role, tenant_id: tenant } = this.me.client
    return this.isAdmin && (!this.hasAuth || role === 'superadmin' || tenant === 'default')
  }

  /** Finds out what the server asks for, and connects if that is nothing. */
  async start() {
    try {
      const server = await readServer()
      this.#client = await import('./client/arqonbus.min.js')
      this.hasAuth = server.enable_auth
      this.address = addressOf(server.websocket_port)
    } catch {
      return this.#change('signed-out', 'The server does not answer, or its client was not built. Reload to try again.')
    }
    if (this.hasAuth) return this.#change('signed-out', '')
    await this.#connect()
  }

  /** Connects with a token. */
  async signIn(token) {
    this.#token = token.trim()
    await this.#connect()
  }

  /** Closes the connection and forgets the token. */
  async signOut(reason = '') {
    const { bus } = this
    this.#forget()
    this.#change('signed-out', reason)
    await bus?.close().catch(() => {})
  }

  async #connect() {
    this.#change('connecting', '')
    try {
      const bus = await this.#client.connect(this.address, {
        token: this.#token,
        clientType: 'dashboard',
        screenName: 'Dashboard',
        WebSocket: tapped((direction, text) => this.onFrame({ direction, text }))
      })
      this.bus = bus
      bus.on('state', ({ state }) => this.bus === bus && this.#enter(state))
      bus.on('close', closure => this.bus === bus && this.#lose(closure))
      const { data: me } = await bus.command('whoami')
      const canOperate = await this.#mayOperate(bus, me)
      // It may be lost again by now, or closed.
      if (this.bus !== bus) return
      this.me = me
      this.canOperate = canOperate
      this.#change(bus.state, '')
    } catch (error) {
      const { code, message } = error
      const isUnknown = code === 'UNREACHABLE' || code === 'CLOSED'
      const reason = isUnknown ? reasonOf(await this.#probe(), this.hasAuth) : String(message)
      const { bus } = this
      this.#forget()
      void bus?.close().catch(() => {})
      this.#change('signed-out', reason)
    }
  }

  #enter(state) {
    this.#change(state, '')
    if (state === 'waiting') void this.#doubt()
  }

  /**
   * Ends the attempts to come back when the server wants another token, or one where it wanted none before. Without authentication
   * operators alone are let in by HTTP, so that a refusal there says nothing.
   */
  async #doubt() {
    const { bus } = this
    const server = await readServer().catch(() => undefined)
    if (!server?.enable_auth || (await this.#probe()) !== 401 || this.bus !== bus) return
    const reason = this.hasAuth
      ? 'The server does not take the token any more: sign in with another one.'
      : 'The server asks for a token now.'
    this.hasAuth = true
    await this.signOut(reason)
  }

  /** A browser is not told why a handshake failed: this asks once more, and returns the status; undefined without an answer. */
  #probe() {
    const headers = { Accept: 'application/json', ...this.authorization }
    return fetch(PROBE, { headers, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      ({ status }) => status,
      () => undefined
    )
  }

  /**
   * With tokens the role decides; without, whether the page was opened on the server's own machine. A server that is busy, or cannot
   * be reached just now, has not said it.
   */
  async #mayOperate(bus, { client }) {
    if (this.hasAuth) return ['admin', 'superadmin'].includes(client.role)
    for (;;) {
      const status = await this.#probe()
      const isSaid = status !== undefined && status !== 429 && status < 500
      if (isSaid || this.bus !== bus) return status === 200
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    }
  }

  #lose({ code, reason }) {
    this.#forget()
    const words =
      code === 4410 ? 'The token has expired: sign in with a new one.' : `The connection was closed with ${code}`
    this.#change('signed-out', reason === '' || code === 4410 ? words : `${words}: ${reason}`)
  }

  #forget() {
    this.bus = undefined
    this.me = undefined
    this.canOperate = false
    this.#token = undefined
  }

  #change(state, reason) {
    this.state = state
    this.reason = reason
    this.dispatchEvent(new Event('change'))
  }
}

/** Why there is no connection, by what the server answered when it was asked by HTTP. */
function reasonOf(status, hasAuth) {
  if (status === undefined) return 'The server does not answer.'
  if (status === 401 && hasAuth) return 'The server did not take this token.'
  return 'The server answers, but lets no connection in: it may be full, or not know the origin of this page.'
}

/** A message of the bus, in words, when something there was refused. */
export function sentenceOf(error) {
  const refusal = toRefusal(error)
  return `${refusal.sentence} (${refusal.code})`
}

/** What the server asks for. @throws when it does not answer */
async function readServer() {
  return (await fetch('server.json', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })).json()
}

function addressOf(port) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${port === null ? location.host : `${location.hostname}:${port}`}/ws`
}

/** A WebSocket that tells of its frames. */
function tapped(tell) {
  return class extends WebSocket {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', ({ data }) => tell('in', data))
    }

    send(text) {
      tell('out', text)
      super.send(text)
    }
  }
}
