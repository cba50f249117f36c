import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Collects all garbage, then tells how many bytes are in use, of the heap and of buffers outside of it. */
export function usedHeapBytes(): number {
  collect()
  // Buffers are freed in the background: only the next collection counts them as gone.
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
