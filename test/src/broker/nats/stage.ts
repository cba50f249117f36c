import type { TestContext } from 'node:test'
import type { NatsBrokerLimits, NatsBrokerOptions } from '../../../../src/broker/nats/broker.ts'
import { BrokerStage } from '../../../contracts/broker-stage.ts'
import { makeNatsBroker } from '../../../support/nats-broker.ts'

/** An open node on the servers at an address; closed when the test ends. */
export async function openNode(
  t: TestContext,
  url: string,
  limits: Partial<NatsBrokerLimits> = {},
  changes: Partial<NatsBrokerOptions> = {}
): Promise<BrokerStage> {
  const stage = new BrokerStage(makeNatsBroker(url, limits, changes))
  t.after(() => stage.broker.close())
  await stage.broker.open(stage.sink)
  return stage
}
