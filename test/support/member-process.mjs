// A member of a channel in a process of its own, which a test can stop or kill. Its one argument is JSON: the address to
// connect to, the channel to join and, if it is to publish without a pause, the size of the payloads in bytes.
// It tells its parent when it has joined, and answers every message of the parent with the sequences it has received.
import { WebSocket } from 'ws'

const { url, channel, publishBytes } = JSON.parse(process.argv[2])
const socket = new WebSocket(url)
const sequences = []

socket.on('open', () =>
  send({ type: 'command', id: 'arq_join', command: 'join_channel', args: { channel_id: channel } })
)
socket.on('message', data => {
  const frame = JSON.parse(data.toString())
  if (frame.request_id === 'arq_join') {
    process.send({ joined: true })
    if (publishBytes) publish()
  } else if (frame.sequence !== undefined) sequences.push(frame.sequence)
})
socket.on('error', () => {})
process.on('message', () => process.send({ sequences }))
process.on('disconnect', () => process.exit())

function publish() {
  const payload = { filling: 'x'.repeat(publishBytes) }
  socket.send(JSON.stringify({ type: 'message', room: channel, payload, ack: false }), error => {
    if (error) return
    process.send({ published: true })
    publish()
  })
}

function send(frame) {
  socket.send(JSON.stringify(frame))
}
