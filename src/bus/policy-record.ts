import { compilePolicy, mergePolicy, type Policy, type SecretRule, toPublicPolicy } from '../casil/policy.ts'
import type { Log } from '../log.ts'
import type { Records } from '../structures/records.ts'

/** What a policy record is made of. */
export interface PolicyRecordOptions {
  readonly records: Records
  /** What this node is configured with: what the record does not say. */
  readonly configured: Policy
  readonly rules: readonly SecretRule[]
  readonly log: Log
  /** The policy by which this node judges. */
  readonly present: () => Policy
  /** Makes it another one. @throws {BusError} VALIDATION_ERROR when that does not compile */
  readonly apply: (policy: Policy) => void
}

/** What a change has made of a policy. */
export interface PolicyChange {
  readonly before: Policy
  readonly next: Policy
}

const ID = 'policy'

/**
 * The public keys of the policy that all nodes of a cluster judge by, in a record [cluster.md, The port]. Until somebody has changed
 * it there is none, and each node goes by its configuration. One that cannot be read is told in the log and otherwise ignored,
 * until the next change writes it anew.
 */
export class PolicyRecord {
  readonly #options: PolicyRecordOptions
  /** What this node is about to write. */
  readonly #writing = new Set<string>()
  #isFollowing = false

  constructor(options: PolicyRecordOptions) {
    this.#options = options
  }

  /** Applies what is written, and from then on every change. To be called once. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(): Promise<void> {
    await this.#options.records.follow((id, text) => {
      if (id === ID) this.#take(text)
    })
    this.#isFollowing = true
  }

  /**
   * Changes any of the public keys, on all nodes, and none of the others that are written: changes of different keys all hold.
   * @throws {BusError} VALIDATION_ERROR with every fault; ENGINE_UNAVAILABLE. Nothing has changed then
   */
  async change(changes: unknown): Promise<PolicyChange> {
    const { records, present, rules } = this.#options
    let change: PolicyChange = { before: present(), next: present() }
    let written = ''
    try {
      await records.update(ID, text => {
        this.#writing.delete(written)
        const before = (text === undefined ? undefined : this.#read(text)) ?? present()
        const next = mergePolicy(before, changes)
        compilePolicy(next, rules)
        change = { before, next }
        written = JSON.stringify(toPublicPolicy(next))
        this.#writing.add(written)
        return written
      })
    } finally {
      this.#writing.delete(written)
    }
    return change
  }

  #take(text: string | undefined): void {
    const { log, present, apply, configured } = this.#options
    const before = present()
    try {
      const next = text === undefined ? configured : this.#read(text)
      if (next) apply(next)
      if (!next || (text !== undefined && this.#writing.has(text))) return
      const changed = changedKeys(before, next)
      if (this.#isFollowing) log.info({ changed }, 'CASIL policy taken from another node')
      else log.info({ changed }, 'CASIL policy of the cluster taken instead of that of the configuration')
    } catch (error) {
      log.error({ err: error }, 'the CASIL policy of the cluster cannot be used and is ignored')
    }
  }

  /** Undefined, and told, when it cannot be read. */
  #read(text: string): Policy | undefined {
    try {
      return mergePolicy(this.#options.configured, JSON.parse(text))
    } catch (error) {
      this.#options.log.error({ err: error }, 'the CASIL policy of the cluster cannot be read and is ignored')
      return undefined
    }
  }
}

/** The keys in which two policies differ. */
export function changedKeys(before: Policy, next: Policy): (keyof Policy)[] {
  return (Object.keys(next) as (keyof Policy)[]).filter(
    key => JSON.stringify(before[key]) !== JSON.stringify(next[key])
  )
}
