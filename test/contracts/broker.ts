import { brokerDeliveryContract } from './broker-delivery.ts'
import { brokerHistoryContract } from './broker-history.ts'
import { brokerLifeContract } from './broker-life.ts'
import type { MakeBroker } from './broker-stage.ts'

export type { BrokerContractOptions, MakeBroker } from './broker-stage.ts'

/**
 * The port of `src/broker/broker.ts` as tests, for every implementation alike: settling and delivery may come at any time
 * later, sequences may leave numbers out.
 */
export function brokerContract(name: string, make: MakeBroker): void {
  brokerDeliveryContract(name, make)
  brokerHistoryContract(name, make)
  brokerLifeContract(name, make)
}
