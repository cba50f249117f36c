import { WebSocket } from 'ws'
import type { BusClientError } from '../../client/index.ts'
import { readRefusal } from '../../client/refusal.ts'
import { placeOf } from '../../client/socket.ts'
import type { Access } from '../access.ts'
import { failureOf } from '../endpoint.ts'
import { Failure } from '../terminal.ts'

/** What came of an attempt to open a socket: the first frame, or the refusal. */
export type Probed = { readonly frame: string } | { readonly refusal: BusClientError }

/**
 * Opens a socket, reads its first frame and hangs up.
 * @throws Failure when the server cannot be reached, or sends nothing in time
 */
export function probeSocket(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { timeoutMs }: Pick<Access, 'timeoutMs'>
): Promise<Probed> {
  const place = placeOf(url)
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    const timer = setTimeout(() => {
      reject(new Failure(`${place} sent nothing within ${timeoutMs / 1000} seconds`))
      socket.terminate()
    }, timeoutMs)
    socket.on('message', data => {
      resolve({ frame: data.toString() })
      socket.terminate()
    })
    socket.on('unexpected-response', (_request, response) => {
      readRefusal(place, response).then(refusal => {
        resolve({ refusal })
        socket.terminate()
      })
    })
    socket.on('error', error => reject(failureOf(error, url)))
    socket.on('close', code => {
      clearTimeout(timer)
      reject(new Failure(`${place} closed the connection with ${code}`))
    })
  })
}
