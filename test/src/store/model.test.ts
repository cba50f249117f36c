import { createMemoryStore } from '../../../src/store/memory.ts'
import { storeModelContract } from '../../contracts/store-model.ts'

storeModelContract('memory', (limits, clock) => createMemoryStore({ clock, limits }), 300)
