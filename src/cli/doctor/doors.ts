import { isObject } from '../../client/frames.ts'
import { placeOf } from '../../client/socket.ts'
import type { Json } from '../../protocol/json.ts'
import { askServer } from '../request.ts'
import { type Finding, fail, ok, type Patient, sentenceOf, warn } from './finding.ts'
import { type Probed, probeSocket } from './probe.ts'

/** An origin from which nobody serves pages [RFC 6761]. */
const STRANGE_ORIGIN = 'https://arqon-doctor.invalid'
/** No token: it only shows whether the place where it stands is looked at. */
const NO_TOKEN = 'arqon-doctor'

/** Whether pages of anybody may open sockets. */
export async function checkOrigins(patient: Patient): Promise<Finding[]> {
  const { bus } = patient
  const headers = { ...bus.headers, ...authorizationOf(patient), Origin: STRANGE_ORIGIN }
  return look('origins', async () => {
    const probed = await probeSocket(bus.url, headers, bus)
    if ('frame' in probed)
      return warn('origins', 'a page of any origin may connect', 'list yours in ARQONBUS_ALLOWED_ORIGINS')
    if (probed.refusal.code === 'ORIGIN_DENIED') return ok('origins', 'pages of unknown origins are refused')
    return warn('origins', `cannot be told: ${probed.refusal.message}`)
  })
}

/** Whether a token in the query string, where proxies log it, is looked at. */
export async function checkQueryToken({ bus }: Patient): Promise<Finding[]> {
  const url = new URL(bus.url)
  url.searchParams.set('access_token', NO_TOKEN)
  return look('query token', async () => {
    const probed = await probeSocket(url, bus.headers, bus)
    if ('frame' in probed) return ok('query token', 'without authentication no token is looked at')
    if (probed.refusal.code === 'AUTH_REQUIRED')
      return ok('query token', 'tokens in the query string are not looked at')
    if (probed.refusal.code === 'AUTH_INVALID')
      return warn(
        'query token',
        'tokens may stand in the query string, where proxies log them',
        'ARQONBUS_ALLOW_QUERY_TOKEN=false'
      )
    return warn('query token', `cannot be told: ${probed.refusal.message}`)
  })
}

/** Whether the telemetry socket lets in. */
export async function checkTelemetry(patient: Patient): Promise<Finding[]> {
  const { bus, telemetryUrl } = patient
  try {
    const url = telemetryUrl ?? (await findTelemetry(patient))
    if (url === undefined) return [warn('telemetry', 'the server has no telemetry socket')]
    const headers = { ...bus.headers, ...authorizationOf(patient) }
    return await look('telemetry', async () => judgeTelemetry(placeOf(url), await probeSocket(url, headers, bus)))
  } catch (error) {
    return [warn('telemetry', `where it is cannot be told: ${sentenceOf(error)}`, 'name it with --telemetry-url')]
  }
}

function judgeTelemetry(place: string, probed: Probed): Finding {
  if ('refusal' in probed) return fail('telemetry', probed.refusal.message)
  const isWelcome = isWelcomeText(probed.frame)
  return isWelcome
    ? ok('telemetry', place)
    : fail('telemetry', `${place} does not welcome as telemetry of ArqonBus does`)
}

/**
 * Where the server says that telemetry is. It knows its own address, which may be another one from outside: only the port and the path count.
 * @throws Failure when it cannot be asked
 */
async function findTelemetry({ bus, http, terminal }: Patient): Promise<URL | undefined> {
  const status = await askServer(terminal, http, { path: 'status' })
  const endpoints = isObject(status) && isObject(status.endpoints) ? status.endpoints : {}
  if (typeof endpoints.telemetry !== 'string' || !URL.canParse(endpoints.telemetry)) return undefined
  const url = new URL(endpoints.telemetry)
  url.hostname = bus.url.hostname
  url.protocol = bus.url.protocol
  return url
}

async function look(check: string, work: () => Promise<Finding>): Promise<Finding[]> {
  try {
    return [await work()]
  } catch (error) {
    return [fail(check, sentenceOf(error))]
  }
}

function authorizationOf({ token }: Patient): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` }
}

function isWelcomeText(text: string): boolean {
  try {
    const value: Json = JSON.parse(text)
    return isObject(value) && value.event_type === 'telemetry_connected'
  } catch {
    return false
  }
}
