import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('member-process.mjs', import.meta.url))

/** What a member does. */
export interface MemberOptions {
  readonly url: string
  /** "room:channel" */
  readonly channel: string
  /** Publishes without a pause payloads of about so many bytes, if given. */
  readonly publishBytes?: number
}

/** A member of a channel in a process of its own. */
export interface MemberProcess {
  /** Stops it as a debugger does: its sockets stay open and nobody reads. */
  stop(): void
  kill(signal: NodeJS.Signals): Promise<void>
  /** Resolves when it has published once more. */
  published(): Promise<void>
  /** The sequences it has received. */
  sequences(): Promise<number[]>
}

/** Starts a member and waits until it has joined; it ends with the test. */
export async function startMemberProcess(t: TestContext, options: MemberOptions): Promise<MemberProcess> {
  const child = fork(program, [JSON.stringify(options)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  t.after(() => end(child, 'SIGKILL'))
  await told(child, 'joined')
  return {
    stop: () => child.kill('SIGSTOP'),
    kill: signal => end(child, signal),
    published: () => told(child, 'published').then(() => {}),
    async sequences() {
      const answer = told(child, 'sequences')
      child.send('sequences')
      return (await answer) as number[]
    }
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

function told(child: ChildProcess, key: string): Promise<unknown> {
  return new Promise(resolve => {
    child.on('message', function take(message: Record<string, unknown>) {
      if (!(key in message)) return
      child.off('message', take)
      resolve(message[key])
    })
  })
}
