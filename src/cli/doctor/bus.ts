import type { BusClient } from '../../client/index.ts'
import { formatDuration } from '../print/age.ts'
import { toVisible } from '../print/text.ts'
import { withBus } from '../session.ts'
import { parseToken } from '../token/jwt.ts'
import { type Finding, fail, ok, type Patient, sentenceOf, warn } from './finding.ts'

const SOON_MS = 300_000
const SLOW_MS = 500
const SKEW_WARN_MS = 2_000
const SKEW_FAIL_MS = 60_000
const FEW = 5

/** Whether the bus lets in and answers, as whom, with which clock and which limits. */
export async function checkBus(patient: Patient): Promise<Finding[]> {
  const { bus: access, terminal } = patient
  const startMs = performance.now()
  try {
    return await withBus(terminal, access, { name: 'doctor' }, async bus => {
      const { node } = bus.welcome
      const tookMs = Math.round(performance.now() - startMs)
      const connected = ok('bus', `connected${node === undefined ? '' : ` to ${toVisible(node)}`} in ${tookMs} ms`)
      return [connected, await checkIdentity(bus, patient), ...(await checkClock(bus, patient)), await checkLimits(bus)]
    })
  } catch (error) {
    return [fail('bus', sentenceOf(error))]
  }
}

async function checkIdentity(bus: BusClient, { bus: { url }, terminal, token }: Patient): Promise<Finding> {
  const { data } = await bus.command('whoami')
  const who = `${toVisible(data.subject ?? 'anonymous')}, role ${data.client.role}, tenant ${toVisible(data.client.tenant_id)}`
  if (!bus.welcome.features?.includes('auth')) {
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
    if (!isLocal)
      return warn('auth', `off: ${who}`, 'whoever reaches this server may use it: ARQONBUS_ENABLE_AUTH=true')
    return ok('auth', `off: ${who}${token === undefined ? '' : '; the token is not looked at'}`)
  }
  const { exp } = (token === undefined ? undefined : parseToken(token)?.claims) ?? {}
  const leftMs = typeof exp === 'number' ? exp * 1000 - terminal.now() : Number.POSITIVE_INFINITY
  if (leftMs < SOON_MS) return warn('auth', `${who}; the token expires in ${formatDuration(leftMs)}`, 'get a new one')
  return ok('auth', Number.isFinite(leftMs) ? `${who}; the token is valid for ${formatDuration(leftMs)}` : who)
}

/** The time of the server is compared with the middle of the round trip. */
async function checkClock(bus: BusClient, { terminal }: Patient): Promise<Finding[]> {
  const sentMs = terminal.now()
  const startMs = performance.now()
  const { data } = await bus.command('ping')
  const tripMs = performance.now() - startMs
  const skewMs = Date.parse(data.timestamp) - (sentMs + tripMs / 2)
  const trip = `${tripMs.toFixed(1)} ms there and back`
  const way = skewMs > 0 ? 'ahead of' : 'behind'
  const skew = `the clock of the server is ${formatDuration(skewMs)} ${way} this one`
  const advice = 'tokens are judged by the clock of the server: set both by NTP'
  return [
    tripMs > SLOW_MS ? warn('latency', trip, 'the network is slow, or the server is busy') : ok('latency', trip),
    judgeSkew(Math.abs(skewMs), tripMs, skew, advice)
  ]
}

/** What the round trip took is not known to be skew. */
function judgeSkew(skewMs: number, tripMs: number, text: string, advice: string): Finding {
  const certainMs = skewMs - tripMs / 2
  if (certainMs > SKEW_FAIL_MS) return fail('clock', text, advice)
  return certainMs > SKEW_WARN_MS ? warn('clock', text, advice) : ok('clock', text)
}

async function checkLimits(bus: BusClient): Promise<Finding> {
  const { data } = await bus.command('whoami')
  const { max_message_bytes: bytes, history, max_memberships: memberships } = bus.welcome.limits ?? {}
  const text = `${bytes} bytes in a message, ${memberships} memberships, ${history} messages of history in a channel`
  const { commands_left: commands, memberships_left: left } = data.limits
  if (Math.min(commands, left) < FEW)
    return warn(
      'limits',
      `${text}; ${commands} commands and ${left} memberships are left`,
      'docs/limits.md says how to raise them'
    )
  return ok('limits', text)
}
