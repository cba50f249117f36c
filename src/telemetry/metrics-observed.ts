import type { ErrorCode } from '../errors.ts'
import { Counts } from '../structures/counts.ts'
import { Buckets } from './metrics-buckets.ts'
import type { AnsweredRequest } from './metrics-sources.ts'

const WORK_SECONDS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1
]
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const methods: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/** What is measured when it happens, since nobody else keeps it. */
export class Observed {
  readonly routing = new Buckets(WORK_SECONDS)
  readonly delivery = new Buckets(WORK_SECONDS)
  readonly inspection = new Buckets(WORK_SECONDS)
  readonly requestSeconds = new Buckets(REQUEST_SECONDS)
  /** By method and class of status, with a blank between them. */
  readonly requests = new Counts<string>()
  readonly refusals = new Counts<ErrorCode>()
  readonly refusedHandshakes = new Counts<ErrorCode>()
  requestCount = 0
  /** Where the number of remembered idempotency keys is read. */
  idempotencyKeys: () => number = () => 0

  /** A method that is not among the usual ones, which any peer can make up, counts as `other`. */
  observeRequest({ method, status, seconds, code, isHandshake }: AnsweredRequest): void {
    this.requestCount++
    this.requestSeconds.observe(seconds)
    this.requests.add(`${methods.has(method) ? method : 'other'} ${Math.trunc(status / 100)}xx`)
    if (code !== undefined) (isHandshake ? this.refusedHandshakes : this.refusals).add(code)
  }
}
