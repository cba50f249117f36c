import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Broker, Stored } from '../../src/broker/broker.ts'
import type { Stamped } from '../../src/protocol/message.ts'
import { type MessageParts, makeMessage } from '../support/messages.ts'
import { RecordingSink } from '../support/sink.ts'
import { until } from '../support/until.ts'

/** What a test of the contract asks of the broker it is given. */
export interface BrokerContractOptions {
  /** Messages kept per channel, at least; the broker's own default, 100 or more, when absent. */
  readonly historyCount?: number
}

/** Makes a broker that is not open yet. Several may live at a time; the contract closes each. */
export type MakeBroker = (options?: BrokerContractOptions) => Promise<{ readonly broker: Broker }>

/** An open broker with a sink that writes down, in a tenant that no other test uses. */
export class BrokerStage {
  readonly broker: Broker
  readonly sink = new RecordingSink()
  readonly tenant = `t-${randomUUID()}`
  /** The channel that messages go to unless they say otherwise. */
  readonly key = this.message().key

  constructor(broker: Broker) {
    this.broker = broker
  }

  /** A message of this stage's tenant. */
  message(parts: MessageParts = {}): Stamped {
    return makeMessage({ tenant: this.tenant, ...parts })
  }

  /** Publishes and waits for the position. */
  publish(message: Stamped = this.message()): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.broker.publish(message, (error, stored) => {
        if (stored === undefined) reject(error ?? new Error('settled with neither an error nor a position'))
        else resolve(stored)
      })
    })
  }

  /** Publishes so many messages, one call after the other without waiting, and returns their positions. */
  publishMany(count: number): Promise<Stored[]> {
    return Promise.all(Array.from({ length: count }, () => this.publish()))
  }

  /** Sends a private message and waits for the missing targets. */
  send(message: Stamped): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.broker.send(message, (error, missing) => (error === undefined ? resolve(missing) : reject(error)))
    })
  }

  /** Sends a message to all without storing it. */
  broadcast(message: Stamped): Promise<void> {
    return new Promise((resolve, reject) => {
      this.broker.broadcast(message, error => (error === undefined ? resolve() : reject(error)))
    })
  }

  /**
   * Publishes one message more and waits until it is delivered. As deliveries keep their order, nothing that was published to
   * the channel earlier can still arrive: silence is proved without waiting for time to pass.
   */
  async flush(): Promise<string> {
    const last = this.message()
    await this.publish(last)
    await until(`${last.id} is delivered`, () => this.sink.idsOf(this.key).includes(last.id))
    return last.id
  }
}

/** A stage that is torn down with the test. */
export async function setStage(
  t: TestContext,
  make: MakeBroker,
  options: BrokerContractOptions = {}
): Promise<BrokerStage> {
  const { broker } = await make(options)
  t.after(() => broker.close())
  const stage = new BrokerStage(broker)
  await broker.open(stage.sink)
  return stage
}
