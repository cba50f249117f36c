// A bot that greets whoever comes into a channel, and answers what is said to it.
//   npx tsx examples/hello-bot/bot.ts
import { connect } from 'arqonbus/client'

const url = process.env.ARQONBUS_WS_URL ?? 'ws://127.0.0.1:9100'
const bus = await connect(url, { clientType: 'ai-agent', screenName: 'hello-bot' })
const channel = bus.channel('science:general')

channel.on('presence', ({ event, client_id, screen_name }) => {
  if (event === 'client_joined' && client_id !== bus.clientId)
    void channel.publish({ text: `Hello, ${screen_name ?? client_id}!` })
})
const messages = channel.messages()
await channel.join({ presence: true })
console.log(`hello-bot is in ${channel.address}`)

for await (const { payload, sender } of messages) {
  const { text } = payload
  if (typeof text !== 'string' || !text.startsWith('hello-bot')) continue
  console.log(`${sender}: ${text}`)
  await channel.publish({ text: 'Hello, world!' })
}
