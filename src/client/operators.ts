import type { CommandArgs, CommandData } from './commands.ts'
import type { Run } from './store.ts'

/**
 * Messages that are published later [operators.md, op.cron]. Arguments and answers are as on the wire. A job with the lifetime
 * `connection`, the default, ends with the connection that made it, also when the client reconnects.
 */
export class BusCron {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  /** Has a message published once, several times, or by a cron expression. */
  schedule(order: CommandArgs<'op.cron.schedule'>): Promise<CommandData<'op.cron.schedule'>> {
    return this.#run('op.cron.schedule', order)
  }

  /** Own jobs; for admins those of the tenant. */
  list(): Promise<CommandData<'op.cron.list'>> {
    return this.#run('op.cron.list', {})
  }

  /** Ends a job. */
  cancel(jobId: string): Promise<CommandData<'op.cron.cancel'>> {
    return this.#run('op.cron.cancel', { job_id: jobId })
  }
}

/**
 * Messages that are posted to URLs [operators.md, op.webhook]. Arguments and answers are as on the wire. A webhook with the
 * lifetime `connection`, the default, ends with the connection that registered it, also when the client reconnects.
 */
export class BusWebhooks {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  /** Has the messages of a channel, a room or the tenant posted to a URL. */
  register(rule: CommandArgs<'op.webhook.register'>): Promise<CommandData<'op.webhook.register'>> {
    return this.#run('op.webhook.register', rule)
  }

  /** Own webhooks; for admins those of the tenant. */
  list(): Promise<CommandData<'op.webhook.list'>> {
    return this.#run('op.webhook.list', {})
  }

  /** One webhook, with what became of its deliveries. */
  get(ruleId: string): Promise<CommandData<'op.webhook.get'>> {
    return this.#run('op.webhook.get', { rule_id: ruleId })
  }

  /** Removes a webhook with what waits for it. */
  unregister(ruleId: string): Promise<CommandData<'op.webhook.unregister'>> {
    return this.#run('op.webhook.unregister', { rule_id: ruleId })
  }

  /** Posts a sample at once, and tells how that went. */
  test(ruleId: string): Promise<CommandData<'op.webhook.test'>> {
    return this.#run('op.webhook.test', { rule_id: ruleId })
  }

  /** The last attempts to deliver, the newest first. */
  deliveries(args: CommandArgs<'op.webhook.deliveries'>): Promise<CommandData<'op.webhook.deliveries'>> {
    return this.#run('op.webhook.deliveries', args)
  }

  /** The deliveries that were given up, the newest first. */
  deadLetters(args: CommandArgs<'op.webhook.dead_letters'> = {}): Promise<CommandData<'op.webhook.dead_letters'>> {
    return this.#run('op.webhook.dead_letters', args)
  }

  /** Puts a delivery that was given up back into the queue. */
  replay(args: CommandArgs<'op.webhook.replay'>): Promise<CommandData<'op.webhook.replay'>> {
    return this.#run('op.webhook.replay', args)
  }
}
