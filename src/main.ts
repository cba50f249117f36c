#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import { findPolicyFaults } from './bus/policy.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { FlagsExit, parseFlags } from './flags.ts'
import { createLogger } from './log.ts'
import { preflight } from './preflight.ts'
import { closeOnSignal } from './shutdown.ts'
import { readBuild, VERSION } from './version.ts'

/** Exit codes: a configuration that cannot be used, and one that must not be used in production. */
const EXIT_CONFIG = 2
const EXIT_PREFLIGHT = 78
/** What the system says of an address that cannot be listened on, in words. */
const LISTENER_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use already',
  EADDRNOTAVAIL: 'is not of this machine',
  EACCES: 'may not be listened on by this user'
}

/** Beyond the drain, for closing what is not a connection. */
const CLOSE_MARGIN_MS = 4_000

await main()

async function main(): Promise<void> {
  try {
    const { flags, checkConfig } = parseFlags(process.argv.slice(2))
    const { config, warnings } = loadChecked(flags)
    if (checkConfig) return print(process.stdout, ['The configuration is usable.', ...warnings])
    await serve(config, warnings)
  } catch (error) {
    if (!(error instanceof FlagsExit)) throw error
    print(error.exitCode === 0 ? process.stdout : process.stderr, [error.message.trimEnd()])
    process.exitCode = error.exitCode
  }
}

/** The configuration, or the end of the process with everything that is wrong with it. */
function loadChecked(flags: Readonly<Record<string, string>>): { config: Config; warnings: readonly string[] } {
  try {
    const loaded = loadConfig({ env: process.env, flags, check: findPolicyFaults })
    refuseUnsafe(loaded.config, [])
    return loaded
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.config) refuseUnsafe(error.config, error.faults)
    print(process.stderr, [error.message])
    process.exit(EXIT_CONFIG)
  }
}

function refuseUnsafe(config: Config, faults: readonly string[]): void {
  if (config.environment !== 'prod') return
  const reasons = [...faults, ...preflight(config, { nodeVersion: process.version })]
  if (reasons.length === 0) return
  print(process.stderr, ['This configuration must not run in production:', ...reasons.map(reason => `  ${reason}`)])
  process.exit(EXIT_PREFLIGHT)
}

async function serve(given: Config, warnings: readonly string[]): Promise<void> {
  const config = { ...given, nodeName: given.nodeName || `node-${randomBytes(4).toString('hex')}` }
  const pretty = process.stdout.isTTY === true
  const logger = createLogger({ logLevel: config.logLevel, pretty }).child({ node: config.nodeName })
  for (const warning of warnings) logger.warn({}, warning)
  const app = await buildApp({ config, logger, build: readBuild(process.env) })
  closeOnSignal({ log: logger, deadlineMs: config.drainTimeoutMs + CLOSE_MARGIN_MS, close: () => app.close() })
  try {
    await app.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })
    await app.listenOps()
    await app.listenTelemetry()
  } catch (error) {
    const taken = listenerFault(error, config)
    if (taken) logger.fatal(taken.facts, taken.sentence)
    else logger.fatal({ err: error }, 'cannot start')
    await app.close()
    process.exit(1)
  }
  const main = authorityOf(app.server.address() as AddressInfo)
  const ops = app.opsAddress()
  const telemetry = app.telemetryAddress()
  const dashboard = `http://${config.publicOps || !ops ? main : authorityOf(ops)}/dashboard`
  logger.info(
    {
      websocket: `ws://${main}/ws`,
      http: `http://${ops ? authorityOf(ops) : main}`,
      telemetry: telemetry && `ws://${authorityOf(telemetry)}/telemetry`,
      dashboard
    },
    `ArqonBus ${VERSION} is ready: connect to ws://${main}/ws; try: npx arqon tail --ws-url ws://${main} --limit 0; look: ${dashboard}`
  )
}

/** What is wrong with a listener, and which setting mends it; undefined for any other fault. */
function listenerFault(error: unknown, config: Config): { facts: object; sentence: string } | undefined {
  const { code = '', address = '', port } = error as NodeJS.ErrnoException & Partial<AddressInfo>
  const words = LISTENER_FAULTS[code]
  if (words === undefined) return undefined
  const name = port === config.port ? 'port' : port === config.telemetryPort ? 'telemetry-port' : 'http-port'
  const remedy = code === 'EADDRNOTAVAIL' ? 'choose another host' : `choose another with --${name}`
  const place = port === undefined ? address : `${address}:${port}`
  return { facts: { code, address, port }, sentence: `cannot start: ${place} ${words}; ${remedy}` }
}

function authorityOf({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

function print(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  stream.write(`${lines.join('\n')}\n`)
}
