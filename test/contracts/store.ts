import { storeBoundsContract } from './store-bounds.ts'
import { storeExpiryContract } from './store-expiry.ts'
import { storeLifeContract } from './store-life.ts'
import { storeListContract } from './store-list.ts'
import type { MakeStore } from './store-stage.ts'
import { storeValuesContract } from './store-values.ts'
import { storeWatchContract } from './store-watch.ts'

export type { MadeStore, MakeStore } from './store-stage.ts'

/** The port of `src/store/store.ts` as tests, for every implementation alike: versions may leave numbers out, changes may be told at any time later. */
export function storeContract(name: string, make: MakeStore): void {
  storeValuesContract(name, make)
  storeListContract(name, make)
  storeExpiryContract(name, make)
  storeBoundsContract(name, make)
  storeWatchContract(name, make)
  storeLifeContract(name, make)
}
