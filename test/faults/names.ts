import assert from 'node:assert/strict'
import { connect } from '@nats-io/transport-node'
import { until } from '../support/until.ts'
import type { Act } from './stage.ts'
import { enter, insist } from './workload.ts'

/** Legal, and each of them something in a subject: dots end tokens, and the rest is there to be told apart from other names. */
const NAMES = ['ro.om', 'x..y', 'Q.-_', `${'9'.repeat(62)}.9`]
const TENANT = 'te.nant..-'
const KEYS = ['ke.y', 'st*r', 'all.>', 'sp ace', 'schlüssel', '\u0000']
const SUBJECT = /^[\w$.=-]+$/

/** Everything that has a name gets an odd one, while all that NATS carries is listened to. */
export const speakOddly: Act = async ({ nats, nodes }) => {
  const listener = await connect({ servers: nats.servers.map(({ url }) => url), ignoreClusterUpdates: true })
  const client = await enter(nodes[0].wsUrl, 'us.er *>', { tenant_id: TENANT })
  const other = await enter(nodes[1].wsUrl, 'oth.er', { tenant_id: TENANT })
  const subjects = new Set<string>()
  try {
    listener.subscribe('>', { callback: (_error, { subject }) => void subjects.add(subject) })
    await listener.flush()
    for (const room of NAMES)
      for (const channel of NAMES) {
        await insist(() => other.channel({ room, channel }).join())
        await insist(() => client.publish({ room, channel }, {}, { id: `arq_${room}.${channel}`.slice(0, 60) }))
        await other.channel({ room, channel }).leave()
      }
    for (const namespace of NAMES)
      for (const key of KEYS) {
        await insist(() => client.store.set(key, 1, { namespace }))
        await insist(() => client.store.delete(key, { namespace }))
      }
    await until('a private message is heard of', async () => {
      // On a busy machine the other node may say too late that it has reached its client.
      await client.send(other.clientId, {}).catch(() => {})
      return [...subjects].some(subject => subject.startsWith('aq.c.'))
    })
    const raw = [...NAMES, TENANT, 'us.er', ...KEYS.filter(key => /[.*>]/.test(key))]
    const leaks = [...subjects].filter(subject => !SUBJECT.test(subject) || raw.some(name => subject.includes(name)))
    assert.deepEqual(leaks, [])
    return [`${subjects.size} subjects`]
  } finally {
    await Promise.all([client.close(), other.close(), listener.close()])
  }
}
