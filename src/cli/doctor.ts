import type { Command } from 'commander'
import { type AccessOptions, readBusAccess, readHttpAccess, takeBusOptions } from './access.ts'
import { checkBus } from './doctor/bus.ts'
import { checkOrigins, checkQueryToken, checkTelemetry } from './doctor/doors.ts'
import type { Finding, Level, Patient } from './doctor/finding.ts'
import { checkHttp } from './doctor/http.ts'
import { type Endpoint, endpointOption, httpEndpoint, parseUrl } from './endpoint.ts'
import { Output } from './print/output.ts'
import type { Style } from './print/style.ts'
import { toVisible } from './print/text.ts'
import { SilentFailure, type Terminal } from './terminal.ts'

interface DoctorOptions extends AccessOptions {
  readonly telemetryUrl?: URL
}

/** Everything that is looked at, in this order. */
const checks: readonly ((patient: Patient) => Promise<Finding[]>)[] = [
  checkHttp,
  checkBus,
  checkTelemetry,
  checkOrigins,
  checkQueryToken
]

const telemetryEndpoint: Pick<Endpoint, 'schemes'> = { schemes: ['ws:', 'wss:'] }
const NAME_WIDTH = 12

/** `arqon doctor` [protocol.md, Command line]. */
export function declareDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .description('look at everything between here and the server, and say what to do; exit 1 if anything fails')
    .addOption(endpointOption(httpEndpoint))
    .option('--telemetry-url <url>', 'telemetry socket (default: as the server says)', text =>
      parseUrl(text, telemetryEndpoint)
    )
  takeBusOptions(command).action(async (options: DoctorOptions) => {
    const output = new Output(terminal, options)
    const bus = readBusAccess(options, terminal, command)
    const http = readHttpAccess(options, terminal, command)
    const patient = { terminal, bus, http, telemetryUrl: options.telemetryUrl, token: bus.readToken() }
    const count = { ok: 0, warn: 0, fail: 0 }
    for (const check of checks) {
      for (const finding of await check(patient)) {
        terminal.signal.throwIfAborted()
        count[finding.level]++
        output.print(finding, () => describe(finding, output.style))
      }
    }
    output.remark(`${count.ok} ok, ${count.warn} to look at, ${count.fail} failed`)
    if (count.fail > 0) throw new SilentFailure('something fails')
  })
}

function describe({ advice, check, level, text }: Finding, style: Style): string {
  const paint = { ok: style.green, warn: style.yellow, fail: style.red }[level]
  const head = `${paint(marks[level])} ${style.bold(check.padEnd(NAME_WIDTH))} ${toVisible(text)}`
  return advice === undefined ? head : `${head}\n${' '.repeat(NAME_WIDTH + 8)}${style.dim(toVisible(advice))}`
}

/** As wide as each other. */
const marks: Readonly<Record<Level, string>> = { ok: '✓ ok  ', warn: '! warn', fail: '✗ fail' }
