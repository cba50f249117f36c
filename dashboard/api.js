/** A request that was refused, in the words of the server. */
export class Refusal extends Error {
  /** @param details every fault, one sentence each */
  constructor(code, message, details = []) {
    super(message)
    this.code = code
    this.details = details
  }

  /** The refusal in one sentence. */
  get sentence() {
    const details = this.details.filter(detail => detail !== this.message).join('; ')
    return details === '' ? this.message : details.startsWith(this.message) ? details : `${this.message}: ${details}`
  }
}

/** Whatever was thrown, as a refusal. */
export function toRefusal(error) {
  if (error instanceof Refusal) return error
  if (error?.name === 'BusClientError') return new Refusal(error.code, error.message, [...error.faults])
  return new Refusal('UNREACHABLE', 'The server does not answer', [])
}

/** A server that is held up does not hold up the page. */
const PATIENCE_MS = 30_000

/** Ways to ask the server: operators by HTTP, everybody else by the socket. */
export class Api {
  #session

  constructor(session) {
    this.#session = session
  }

  /** Asks `/v1` and returns what it answers. @throws {Refusal} */
  async request(method, path, body) {
    const answer = await this.send(method, path, body)
    const { status, value } = answer
    if (status < 400) return value
    throw new Refusal(
      value?.code ?? `HTTP_${status}`,
      value?.error ?? `The server answered ${status}`,
      [value?.details ?? ''].filter(detail => detail !== '')
    )
  }

  /** Asks and returns the answer whatever its status. @throws {Refusal} UNREACHABLE */
  async send(method, path, body) {
    const headers = { Accept: 'application/json', ...this.#session.authorization }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    try {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const answer = await fetch(path, { method, headers, body: text, cache: 'no-store', signal })
      return { status: answer.status, value: await answer.json().catch(() => undefined) }
    } catch (error) {
      throw toRefusal(error)
    }
  }

  /** Runs a command by the best way that there is and returns its data. @throws {Refusal} */
  async run(name, args = {}) {
    if (this.#session.canOperate) return (await this.request('POST', `/v1/commands/${name}`, args)).data
    return this.tell(name, args)
  }

  /** Runs a command over the socket, as the connection itself. @throws {Refusal} */
  async tell(name, args = {}) {
    const { bus } = this.#session
    if (bus === undefined) throw new Refusal('OFFLINE', 'There is no connection')
    try {
      return (await bus.command(name, args)).data
    } catch (error) {
      throw toRefusal(error)
    }
  }

  /** Everything of a list that comes in parts. @param ask takes a cursor, or undefined for the beginning */
  async all(ask, field) {
    const entries = []
    let cursor
    do {
      const page = await ask(cursor)
      for (const entry of page[field]) entries.push(entry)
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    return entries
  }
}

/** A path of parts that may hold anything. */
export function pathOf(...parts) {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`
}
