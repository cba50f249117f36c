// A server that takes webhooks and believes only those that are signed. It registers itself for one channel.
//   node examples/webhook-receiver/receiver.js
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'arqonbus/client'

const key = randomBytes(32)
const MAX_AGE_SECONDS = 300
const seen = new Set()

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
  // The same delivery may come again: its id is the same.
  const id = request.headers['webhook-id']
  if (!seen.has(id)) {
    seen.add(id)
    const { sender_client_id, envelope } = JSON.parse(body)
    console.log(`${sender_client_id}: ${JSON.stringify(envelope.payload)}`)
  }
  response.writeHead(204).end()
})
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))

const bus = await connect(process.env.ARQONBUS_WS_URL ?? 'ws://127.0.0.1:9100', { clientType: 'service' })
const { rule_id } = await bus.webhooks.register({
  url: `http://127.0.0.1:${server.address().port}/`,
  room: 'science',
  channel: 'share',
  secret: `whsec_${key.toString('base64')}`
})
console.log(`${rule_id} waits for messages to science:share`)

/** Whether the signature is that of this very text, made lately [Standard Webhooks]. */
function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > MAX_AGE_SECONDS) return false
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  return signatures.split(' ').some(signature => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}
