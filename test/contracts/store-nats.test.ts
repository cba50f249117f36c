import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { NatsServer } from '../support/nats-server.ts'
import { makeNatsStore } from '../support/nats-store.ts'
import { storeContract } from './store.ts'
import { storeModelContract } from './store-model.ts'

/** Timers and the two clocks may differ by this much. */
const SLACK_MS = 5

const server = await NatsServer.start()
after(() => server.remove())

storeContract('nats', async limits => ({
  store: makeNatsStore(server.url, limits),
  pass: ms => pause(ms + SLACK_MS)
}))

storeModelContract('nats', (limits, clock) => makeNatsStore(server.url, limits, clock), 30)
