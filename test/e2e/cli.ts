import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { startServer, type TestServer } from '../helper.ts'
import { type Ended, runArqon, startArqon } from '../src/cli/arqon.ts'
import { runHere, type TerminalSettings } from '../src/cli/terminal.ts'

/** A real server, and the command line that is told where it is. */
export interface CommandLine {
  readonly server: TestServer
  readonly env: Record<string, string>
  /** Runs `arqon` as a process of its own. */
  run(args: readonly string[], input?: string): Promise<Ended>
  /** Starts `arqon` as a process of its own. */
  start(args: readonly string[]): ReturnType<typeof startArqon>
  /** Runs it in this process, which is faster; on a terminal of 200 columns unless told. */
  show(args: readonly string[], settings?: TerminalSettings): ReturnType<typeof runHere>
}

/** Starts a server for the command line. */
export async function startCommandLine(
  t: TestContext,
  serverEnv: Record<string, string> = {},
  more: Record<string, string> = {}
): Promise<CommandLine> {
  const server = await startServer(t, serverEnv)
  const env = { ARQONBUS_WS_URL: server.wsUrl, ARQONBUS_HTTP_URL: server.httpUrl, ...more }
  return {
    server,
    env,
    run: (args, input) => runArqon(t, args, env, input),
    start: args => startArqon(t, args, env),
    show: (args, settings = {}) =>
      runHere(args, { columns: 200, nowMs: Date.now(), ...settings, env: { ...env, NO_COLOR: '1', ...settings.env } })
  }
}

/** The JSON lines of an output. Tests look into them freely. */
// biome-ignore lint/suspicious/noExplicitAny: every test knows the shape of the lines that it asks for
export function linesOf(text: string): Record<string, any>[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** Whether anybody is a member of the channel, in the tenant of those without a token. */
export function isMember(server: TestServer, address: string): boolean {
  return server.app.bus.hub.membersOf(`default/${address}`).size > 0
}

/** The sockets of everybody who connects after this call; they can be cut. */
export function socketsFromNowOn(server: TestServer): Socket[] {
  const sockets: Socket[] = []
  server.app.server.on('connection', socket => sockets.push(socket))
  return sockets
}
