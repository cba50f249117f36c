// The load generator: one process, one scenario, one server. Takes the job as JSON in its only argument and
// prints the result as JSON: { port, serverPid, dialect, acks, secret?, scenario }.
import { measureIdle, measureStorm } from './load/crowd.mjs'
import { measureEcho } from './load/echo.mjs'
import { measureFlow } from './load/flow.mjs'

const measurements = { flow: measureFlow, echo: measureEcho, idle: measureIdle, storm: measureStorm }

const job = JSON.parse(process.argv[2] ?? '{}')
const result = await measurements[job.scenario.kind](job)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
