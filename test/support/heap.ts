import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Collects all garbage, then tells how many bytes of the heap are in use. */
export function usedHeapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}
