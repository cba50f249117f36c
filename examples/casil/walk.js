// CASIL from watching to blocking, on a server that lets everybody be an admin:
//   ARQONBUS_ANONYMOUS_ROLE=admin npm start
//   node examples/casil/walk.js
import { connect } from 'arqonbus/client'

const url = process.env.ARQONBUS_WS_URL ?? 'ws://127.0.0.1:9100'
const [admin, member] = await Promise.all([connect(url), connect(url)])
const vault = member.channel('vault:ops')
vault.on('message', ({ payload }) => console.log('  the member gets', JSON.stringify(payload)))
await vault.join()

// A made-up key in the shape of a real one.
const payload = { note: `the key is ${['sk', 'live', '0'.repeat(16)].join('_')}`, password: 'hunter2' }

for (const [title, policy] of [
  ['monitor: everything passes, and is reported', { enabled: true, mode: 'monitor' }],
  ['enforce: what is found is redacted on the wire', { mode: 'enforce', transport_redaction: true }],
  ['enforce and block: it does not pass', { block_on_probable_secret: true }]
]) {
  console.log(title)
  await admin.command('op.casil.reload', policy)
  const { data } = await admin.command('op.casil.test', { room: 'vault', channel: 'ops', payload })
  console.log(`  ${data.decision}, ${data.reason_code}: ${data.fired.join(', ')}`)
  await admin.publish('vault:ops', payload).then(
    ({ sequence }) => console.log(`  published as ${sequence}`),
    error => console.log(`  ${error.code}`)
  )
  await member.ping()
}

await admin.command('op.casil.reload', {
  enabled: false,
  mode: 'monitor',
  transport_redaction: false,
  block_on_probable_secret: false
})
await Promise.all([admin.close(), member.close()])
