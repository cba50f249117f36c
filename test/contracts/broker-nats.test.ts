import { after } from 'node:test'
import { makeNatsBroker } from '../support/nats-broker.ts'
import { NatsServer } from '../support/nats-server.ts'
import { brokerContract } from './broker.ts'

const server = await NatsServer.start()
after(() => server.remove())

brokerContract('nats', async ({ historyCount = 500 } = {}) => ({
  broker: makeNatsBroker(server.url, { historyCount })
}))
