import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type ServerFrame, startServer, type TestClient } from '../helper.ts'
import { until } from '../support/until.ts'
import { compare, fill } from './made.ts'
import type { Block } from './markdown.ts'

/** One step of a conversation as a document shows it. */
interface Step {
  readonly name: string
  readonly verb: string
  readonly text: string
}

const stepPattern = /^(\w+) +(connects|→|←) (.*)$/

/**
 * Holds a conversation of a document with a real server and compares every frame, the order of keys included. `→` is sent, `←` is the
 * next frame of that client, where the welcome may be left out; in the end nobody may have been sent more. A step may go on in indented
 * lines, and the words after `session` set variables of the server.
 * What the server made up is written as `compare` has it.
 */
export async function holdSession(t: TestContext, block: Block): Promise<void> {
  const env = Object.fromEntries(block.words.slice(1).map(word => word.split('=', 2)))
  const server = await startServer(t, env)
  const actors = new Map<string, Actor>()
  const made = new Map<string, string>()
  for (const { name, verb, text } of stepsOf(block)) {
    const actor = actors.get(name)
    if (verb === 'connects') {
      const { size } = server.app.bus.hub
      actor?.client.socket.close()
      if (actor) await until(`${name} has gone`, () => server.app.bus.hub.size < size)
      const client = await server.connect(text)
      actors.set(name, new Actor(client))
      if (!actor) made.set(`arq_client_${name}…`, client.id)
    } else if (verb === '→') actor?.client.send(fill(text, made))
    else {
      const shown: ServerFrame = JSON.parse(text)
      compare(shown, await actor?.nextFrame(shown.payload?.welcome !== undefined), made, name)
    }
    if (verb !== '←') await actors.get(name)?.settle()
  }
  for (const [name, actor] of actors) {
    await actor.settle()
    assert.deepEqual(actor.unseen(), [], `${name} was sent more than is shown`)
  }
}

/** A client of the conversation. */
class Actor {
  readonly client: TestClient
  #seen: number | undefined
  #pings = 0

  constructor(client: TestClient) {
    this.client = client
  }

  /** Waits until the server has worked on everything that was sent, so that the steps of several clients have one order. */
  async settle(): Promise<void> {
    const id = `arq_settle-${++this.#pings}`
    this.client.send({ type: 'ping', id })
    while (!this.client.frames.some(frame => frame.request_id === id)) await this.client.next()
  }

  async nextFrame(isWelcome: boolean): Promise<ServerFrame | undefined> {
    this.#seen ??= isWelcome ? 0 : 1
    const at = this.#seen++
    while (this.#frames().length <= at) await this.client.next()
    return this.#frames()[at]
  }

  unseen(): ServerFrame[] {
    return this.#frames().slice(this.#seen ?? 1)
  }

  #frames(): ServerFrame[] {
    return this.client.frames.filter(frame => !String(frame.request_id).startsWith('arq_settle-'))
  }
}

function stepsOf(block: Block): Step[] {
  const lines = block.text.replace(/\n +/g, ' ').trim().split('\n')
  return lines.map(line => {
    const [, name = '', verb, text = ''] = stepPattern.exec(line) ?? []
    assert.ok(verb, `not a step: ${line}`)
    return { name, verb, text }
  })
}
