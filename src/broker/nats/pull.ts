import { createInbox, headers, type Msg } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../clock.ts'
import type { Link } from './link.ts'
import type { Wired } from './wire.ts'

/** One message that a consumer gave. */
export interface Pulled extends Wired {
  readonly subject: string
  /** How many messages the consumer has after this one. */
  readonly left: number
}

/** Messages and bytes that are asked for at a time. */
const BATCH = 64
const BATCH_BYTES = 8 * 1024 * 1024
const NANOS_PER_MS = 1_000_000
/** Nobody listens where a consumer is asked: in a cluster the server may not have heard yet of one that was just made on another. */
const NOBODY = 503
/** How often and after what time such a consumer is asked again. */
const MAX_REPEATS = 50
const REPEAT_MS = 20

/** Which consumer is asked, and how long a batch may take. */
export interface PullSource {
  readonly link: Link
  readonly clock: Pick<Clock, 'after'>
  readonly stream: string
  readonly consumer: string
  readonly patienceMs: number
}

/**
 * Takes the messages of a consumer in their order, batch by batch, until `take` returns false or there are none left. Rejects when a
 * batch does not come in time.
 */
export function pull(source: PullSource, take: (pulled: Pulled) => boolean): Promise<void> {
  const { link, clock, stream, consumer, patienceMs } = source
  const inbox = createInbox()
  const max_bytes = Math.max(BATCH_BYTES, link.maxPayloadBytes * 2)
  const request = JSON.stringify({ batch: BATCH, max_bytes, expires: patienceMs * NANOS_PER_MS })
  return new Promise((resolve, reject) => {
    let wanted = 0
    let requests = 0
    let repeats = 0
    let timer: Timer | undefined
    const end = (error?: Error): void => {
      timer?.cancel()
      if (!link.connection.isClosed()) subscription.unsubscribe()
      if (error === undefined) resolve()
      else reject(error)
    }
    const ask = (): void => {
      wanted = BATCH
      requests++
      timer?.cancel()
      timer = clock.after(patienceMs, () => end(new Error('no message came from a consumer')))
      link.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request, {
        reply: `${inbox}.${requests}`
      })
    }
    const askAgain = (): void => {
      if (link.connection.isClosed()) end(new Error('the connection was closed'))
      else ask()
    }
    const subscription = link.subscribe(`${inbox}.*`, message => {
      const pulled = readPulled(message)
      if (pulled === undefined) {
        // Newer servers say of each request that it is done, also when the next one is under way.
        if (message.subject !== `${inbox}.${requests}`) return
        if (wanted < BATCH) ask()
        else if (message.headers?.code === NOBODY && repeats++ < MAX_REPEATS) {
          timer?.cancel()
          timer = clock.after(REPEAT_MS, askAgain)
        } else end(new Error(`a consumer gave nothing: ${message.headers?.description}`))
      } else if (!take(pulled) || pulled.left === 0) end()
      else if (--wanted === 0) ask()
    })
    ask()
  })
}

/** Undefined for what is no message, such as the end of a request. */
function readPulled({ reply = '', subject, data, headers: about }: Msg): Pulled | undefined {
  const words = reply.split('.')
  if (words[1] !== 'ACK') return undefined
  // Newer servers name domain and account before the stream.
  const first = words.length > 9 ? 7 : 5
  return {
    sequence: Number(words[first]),
    left: Number(words[first + 3]),
    subject,
    data,
    headers: about ?? headers()
  }
}
