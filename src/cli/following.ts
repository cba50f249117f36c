import type { BusClient } from '../client/index.ts'
import { formatDuration } from './print/age.ts'
import type { Output } from './print/output.ts'

/** Notes on standard error when the connection is lost, and when it is back. */
export function noteStates(bus: BusClient, output: Output): void {
  const { green, yellow } = output.errorStyle
  let isLost = false
  bus.on('state', ({ state, error, delayMs }) => {
    if (state === 'waiting' && !isLost) {
      isLost = true
      const how = error?.closeCode === undefined ? '' : ` with ${error.closeCode}`
      output.note(`${yellow('disconnected')}${how}; next attempt in ${formatDuration(delayMs ?? 0)}`)
    } else if (state === 'open' && isLost) {
      isLost = false
      output.note(`${green('connected')} again`)
    }
  })
}
