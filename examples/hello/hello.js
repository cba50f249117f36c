// npm start in one terminal, then in another: node examples/hello/hello.js
import { connect } from 'arqonbus/client'

const bob = await connect('ws://127.0.0.1:9100')
await bob.join('science:explore')
const inbox = bob.messages()

const alice = await connect('ws://127.0.0.1:9100')
await alice.publish('science:explore', { text: 'Hello, Bob' })

const { value: message } = await inbox.next()
process.stdout.write(`${message.sequence}: ${message.payload.text}\n`)

await Promise.all([alice.close(), bob.close()])
