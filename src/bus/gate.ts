import type { Kind } from '../casil/classify.ts'
import { type Casil, createEngine } from '../casil/engine.ts'
import { compilePolicy, mergePolicy, type Policy, type SecretRule } from '../casil/policy.ts'
import type { Verdict } from '../casil/verdict.ts'
import type { Clock } from '../clock.ts'
import { type BlockCode, BlockError } from '../errors.ts'
import { Sampled } from '../log/sampled.ts'
import type { Log } from '../log.ts'
import type { Json } from '../protocol/json.ts'
import type { Records } from '../structures/records.ts'
import { Signal } from '../structures/signal.ts'
import type { BusEvent } from './events.ts'
import { changedKeys, type PolicyChange, PolicyRecord } from './policy-record.ts'

/** Content that is about to go somewhere. */
export interface Content {
  /** Empty where there is none. */
  readonly room: string
  readonly channel: string
  readonly kind: Kind
  readonly payload: Json
  /** The payload's JSON text; undefined where there is none yet. */
  readonly text: string | undefined
}

/** Whose content it is. */
export interface Author {
  readonly id: string
  readonly identity: { readonly tenant: string }
}

/** What a gate is made of. */
export interface GateOptions {
  readonly policy: Policy
  /** The built-in table of secret formats, for policies that switch it on. */
  readonly rules: readonly SecretRule[]
  readonly clock: Clock
  readonly log: Log
  readonly emit: (event: BusEvent) => void
  /** What all nodes have the policy in; undefined: this node has one for itself. */
  readonly records?: Records | undefined
}

/** How often something was decided. */
export interface DecisionCount {
  readonly decision: string
  readonly reason: string
  count: number
}

/** What is told of content that drew attention. */
interface Finding {
  readonly facts: object
  readonly isBlock: boolean
  readonly author: { readonly id: string; readonly tenant: string }
}

/** Of so many inspections one is timed. */
const SAMPLED_INSPECTIONS = 16
const WINDOW_MS = 10_000
/** More clients than this with findings in one window, and the rest is told as it comes. */
const MAX_KEYS = 10_000
const RELOADED = 'CASIL policy reloaded'

/**
 * The one gate that all content passes: messages of every type, arguments of commands, and whatever is published in another way.
 * It asks CASIL, counts and reports what was decided, and lets nothing through that is blocked [casil.md]. The policy can be
 * replaced while the server runs; the next content is judged by the new one. With `records` it is replaced on all nodes.
 */
export class Gate {
  /** Told how many seconds an inspection took; not of each. */
  readonly inspections = new Signal<[seconds: number]>()
  readonly #options: GateOptions
  readonly #record: PolicyRecord | undefined
  #casil: Casil
  #inspectionCount = 0
  /** Map( decision and reason -> count ) */
  readonly #counts = new Map<string, DecisionCount>()
  /** By client and reason. */
  readonly #findings: Sampled<Finding>

  /** @throws {BusError} VALIDATION_ERROR when the policy does not compile */
  constructor(options: GateOptions) {
    this.#options = options
    this.#findings = new Sampled({
      clock: options.clock,
      windowMs: WINDOW_MS,
      maxKeys: MAX_KEYS,
      tell: (finding, repeated) => this.#tell(finding, repeated)
    })
    this.#casil = createEngine(compilePolicy(options.policy, options.rules))
    const { records, rules, log } = options
    this.#record =
      records &&
      new PolicyRecord({
        records,
        configured: options.policy,
        rules,
        log,
        present: () => this.policy,
        apply: policy => this.#apply(policy)
      })
    if (options.policy.enabled) options.log.info(factsOf(options.policy), 'CASIL policy loaded')
  }

  get policy(): Policy {
    return this.#casil.policy
  }

  /** False when nothing is inspected: then nobody needs to ask. */
  get isEnabled(): boolean {
    return this.#casil.isEnabled
  }

  counts(): readonly DecisionCount[] {
    return [...this.#counts.values()]
  }

  /**
   * Lets content through, with the verdict on it.
   * @throws {BlockError} when the policy blocks it
   */
  pass(content: Content, author: Author): Verdict {
    const verdict = this.#inspect(content)
    this.#count(verdict)
    if (isFinding(verdict)) this.#report(verdict, content, author)
    if (verdict.decision === 'BLOCK') throw new BlockError(verdict.reason as BlockCode, content.room, content.channel)
    return verdict
  }

  /** What would happen to content, with no trace of the question. */
  judge({ room, channel, kind, payload, text }: Content): Verdict {
    const bytes = this.isEnabled ? Buffer.byteLength(text ?? JSON.stringify(payload)) : 0
    return this.#casil.inspect({ room, channel, kind, payload, bytes })
  }

  /** Learns of the policy of the cluster, if there is one. To be called once. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(): Promise<void> {
    await this.#record?.follow()
  }

  /**
   * Changes any of the 15 keys of the policy, whole or not at all.
   * @throws {BusError} VALIDATION_ERROR with every fault; ENGINE_UNAVAILABLE; the old policy stays
   */
  async reload(changes: unknown, author: Author): Promise<Policy> {
    const { before, next } = this.#record ? await this.#record.change(changes) : this.#change(changes)
    const { log } = this.#options
    log.info({ audit: true, client: author.id, changed: changedKeys(before, next), ...factsOf(next) }, RELOADED)
    if (before.mode !== next.mode) {
      log.warn({ client: author.id, from: before.mode, to: next.mode }, 'CASIL mode switched')
    }
    return next
  }

  close(): void {
    this.#findings.close()
  }

  #change(changes: unknown): PolicyChange {
    const before = this.policy
    const next = mergePolicy(before, changes)
    this.#apply(next)
    return { before, next }
  }

  #apply(policy: Policy): void {
    this.#casil = createEngine(compilePolicy(policy, this.#options.rules))
  }

  #inspect(content: Content): Verdict {
    if (!this.inspections.isHeard || this.#inspectionCount++ % SAMPLED_INSPECTIONS > 0) return this.judge(content)
    const startMs = this.#options.clock.monotonic()
    const verdict = this.judge(content)
    this.inspections.emit((this.#options.clock.monotonic() - startMs) / 1000)
    return verdict
  }

  #count({ decision, reason }: Verdict): void {
    const key = `${decision} ${reason}`
    const count = this.#counts.get(key)
    if (count) count.count++
    else this.#counts.set(key, { decision, reason, count: 1 })
  }

  #report(verdict: Verdict, { room, channel }: Content, { id, identity }: Author): void {
    const facts = {
      decision: verdict.decision,
      reason_code: verdict.reason,
      ...(verdict.policyCode === undefined ? {} : { policy_code: verdict.policyCode }),
      flags: verdict.classification.flags,
      risk_level: verdict.classification.risk_level,
      fired: verdict.fired,
      room,
      channel,
      client_id: id,
      ...(verdict.isInternalError ? { internal_error: true } : {})
    }
    const key = `${id} ${verdict.decision} ${verdict.reason}`
    const isBlock = verdict.decision === 'BLOCK'
    this.#findings.add(key, { facts, isBlock, author: { id, tenant: identity.tenant } })
  }

  #tell({ facts: found, isBlock, author }: Finding, repeated: number): void {
    const facts = repeated > 0 ? { ...found, repeated } : found
    const { log, emit } = this.#options
    const { metadata_to_logs, metadata_to_telemetry } = this.policy
    if (isBlock) log.warn(facts, 'CASIL blocked content')
    else if (metadata_to_logs) log.info(facts, 'CASIL found something')
    if (!metadata_to_telemetry) return
    const severity = isBlock ? 'warning' : 'info'
    emit({ type: 'casil_decision', severity, tenant: author.tenant, clientId: author.id, payload: facts })
  }
}

/** Whether there is something to tell: clean content and content out of scope are only counted. */
function isFinding({ reason, decision, classification }: Verdict): boolean {
  if (reason === 'CASIL_OUT_OF_SCOPE' || reason === 'CASIL_DISABLED') return false
  return decision !== 'ALLOW' || reason !== 'CASIL_POLICY_ALLOWED' || classification.risk_level !== 'low'
}

function factsOf({ enabled, mode, block_on_probable_secret, transport_redaction }: Policy): object {
  return { enabled, mode, block_on_probable_secret, transport_redaction }
}
