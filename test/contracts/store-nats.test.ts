import { after } from 'node:test'
import { FakeClock } from '../support/clock.ts'
import { NatsServer } from '../support/nats-server.ts'
import { makeNatsStore } from '../support/nats-store.ts'
import { storeContract } from './store.ts'
import { storeModelContract } from './store-model.ts'

const server = await NatsServer.start()
after(() => server.remove())

storeContract('nats', async limits => {
  const clock = new FakeClock()
  return { store: makeNatsStore(server.url, limits, clock), pass: async ms => clock.advance(ms) }
})

storeModelContract('nats', (limits, clock) => makeNatsStore(server.url, limits, clock), 30)
