import { isIP, type LookupFunction } from 'node:net'

/** A name service under the test's control; it counts what it was asked. A name without an answer does not exist. */
export class NameService {
  /** Names in the order in which they were asked for. */
  readonly asked: string[] = []
  readonly #answers: Readonly<Record<string, (asked: number) => readonly string[]>>

  /** The answers by name: addresses for the first, second, … time that the name is asked for, counted from 1. */
  constructor(answers: Readonly<Record<string, (asked: number) => readonly string[]>>) {
    this.#answers = answers
  }

  readonly lookup: LookupFunction = (hostname, _options, callback) => {
    this.asked.push(hostname)
    const addresses = this.#answers[hostname]?.(this.asked.filter(name => name === hostname).length)
    const error = addresses === undefined ? new Error('there is no such name') : null
    const answer = (addresses ?? []).map(address => ({ address, family: isIP(address) }))
    setImmediate(callback, error, answer)
  }
}
