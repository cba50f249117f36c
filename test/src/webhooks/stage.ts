import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { loadConfig } from '../../../src/config.ts'
import { createIds } from '../../../src/ids.ts'
import type { Position, Stamped } from '../../../src/protocol/message.ts'
import type { Asker } from '../../../src/structures/holdings.ts'
import { Signal } from '../../../src/structures/signal.ts'
import { createAddressGuard } from '../../../src/webhooks/guard.ts'
import type { WebhookEvent } from '../../../src/webhooks/ledger.ts'
import type { Poster, PostRequest, PostResult } from '../../../src/webhooks/post.ts'
import type { SharedWebhooks } from '../../../src/webhooks/shelf.ts'
import { type WebhookLimits, Webhooks } from '../../../src/webhooks/webhooks.ts'
import { FakeClock } from '../../support/clock.ts'
import { type MessageParts, makeMessage } from '../../support/messages.ts'

/** The defaults of the configuration. */
export const { config: defaultLimits } = loadConfig({ env: {} })

/** Askers of two tenants. */
export const ada: Asker = { id: 'ada', tenant: 'default', isAdmin: false }
export const bob: Asker = { id: 'bob', tenant: 'default', isAdmin: false }
export const root: Asker = { id: 'root', tenant: 'default', isAdmin: true }
export const eve: Asker = { id: 'eve', tenant: 'other', isAdmin: true }

/** A request that has begun and ends when the test says so. */
export interface OpenPost extends PostRequest {
  /** Ends it; 200 after 1 ms unless told otherwise. */
  end(result?: Partial<PostResult>): void
}

/** A result with what a test says about it; the rest is that of a quick 200. */
export function resultOf(result: Partial<PostResult> = {}): PostResult {
  return { outcome: 'ok', status: 200, durationMs: 1, retryAfterMs: undefined, ...result }
}

/** Results that fail in the ways that sinks fail. */
export const failures = {
  500: { outcome: 'refused', status: 500 },
  404: { outcome: 'refused', status: 404 },
  410: { outcome: 'refused', status: 410 },
  timeout: { outcome: 'timeout', status: undefined, durationMs: 2000 }
} as const satisfies Record<string, Partial<PostResult>>

/** Webhooks on a clock that stands still, with requests that the test ends by hand. */
export class WebhookStage {
  readonly clock: FakeClock
  readonly published = new Signal<[message: Stamped, position: Position]>()
  readonly events: WebhookEvent[] = []
  /** Every request that ever began. */
  readonly begun: OpenPost[] = []
  /** Those that have not ended. */
  readonly open = new Set<OpenPost>()
  readonly webhooks: Webhooks
  /** What `random` says. */
  chance = 0.5
  isPosterClosed = false
  #deferred: (() => void)[] = []
  #sequence = 0

  constructor(limits: Partial<WebhookLimits> = {}, clock = new FakeClock(), shared?: SharedWebhooks) {
    this.clock = clock
    const poster: Poster = {
      post: request => this.#post(request),
      close: async () => {
        this.isPosterClosed = true
        for (const post of this.open) post.end({ outcome: 'network', status: undefined })
      }
    }
    this.webhooks = new Webhooks({
      guard: createAddressGuard(['127.0.0.0/8']),
      poster,
      clock,
      ids: createIds(clock, randomBytes),
      limits: { ...defaultLimits, ...limits },
      published: this.published,
      random: () => this.chance,
      defer: run => void this.#deferred.push(run),
      emit: event => void this.events.push(event),
      shared
    })
  }

  /** Registers a webhook whose URL ends in `/name`, and returns its id. */
  async register(
    name: string,
    args: object = {},
    asker: Asker = ada,
    mayRead = (_room: string, _channel: string) => true
  ): Promise<string> {
    const url = `http://127.0.0.1/${name}`
    return (await this.webhooks.register(asker, { url, ...args }, { mayRead, rights: () => null })).rule_id
  }

  /** A message is published, and the turn ends. */
  async publish(parts: MessageParts = {}): Promise<Stamped> {
    const message = this.announce(parts)
    await this.turn()
    return message
  }

  /** A message is published. */
  announce(parts: MessageParts = {}): Stamped {
    const message = makeMessage(parts)
    this.published.emit(message, { sequence: ++this.#sequence, epoch: 'aaaaaaaaaaaa' })
    return message
  }

  /** Lets all work that waits for promises finish, and begins what is to begin. */
  async turn(): Promise<void> {
    for (let left = 3; left > 0; left--) {
      await nextTurn()
      for (const run of this.#deferred.splice(0)) run()
    }
  }

  /** Ends the oldest open request, of a rule if one is named, and lets the turn end. */
  async end(result: Partial<PostResult> = {}, name?: string): Promise<OpenPost> {
    const post = [...this.open].find(({ url }) => name === undefined || url.endsWith(`/${name}`))
    if (!post) throw new Error(`no request is under way to ${name ?? 'any sink'}`)
    post.end(result)
    await this.turn()
    return post
  }

  /** Lets time pass, and begins what is due. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.turn()
  }

  /** The sinks of the open requests, by the ends of their URLs. */
  get sinks(): string[] {
    return [...this.open].map(({ url }) => url.slice(url.lastIndexOf('/') + 1))
  }

  /** How often an outcome was counted. */
  count(outcome: string): number | undefined {
    return this.webhooks.counts().find(count => count.outcome === outcome)?.count
  }

  #post(request: PostRequest): Promise<PostResult> {
    return new Promise(resolve => {
      const post: OpenPost = {
        ...request,
        end: result => {
          this.open.delete(post)
          resolve(resultOf(result))
        }
      }
      this.begun.push(post)
      this.open.add(post)
    })
  }
}

/** The payload of the message that a request carries. */
export function payloadOf({ body }: PostRequest): unknown {
  return JSON.parse(body).envelope.payload
}

/** Webhooks that are closed when the test ends, which must leave no timer behind. */
export function setWebhooks(t: TestContext, limits: Partial<WebhookLimits> = {}): WebhookStage {
  const stage = new WebhookStage(limits)
  t.after(async () => {
    const closed = stage.webhooks.close()
    for (const post of stage.open) post.end()
    await closed
    if (stage.clock.pending > 0) throw new Error(`${stage.clock.pending} timers are left`)
  })
  return stage
}
