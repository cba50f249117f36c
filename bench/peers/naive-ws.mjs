// The broadcast server that most people write first: rooms in a Map, parse, stamp, stringify once, send to each.
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const server = createServer((_request, response) => response.end('ok'))
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

// Map( room:channel -> Set( socket ) )
const rooms = new Map()
let clients = 0
let messages = 0

function join(socket, key) {
  const members = rooms.get(key) ?? new Set()
  rooms.set(key, members.add(socket))
  socket.on('close', () => {
    members.delete(socket)
    if (members.size === 0) rooms.delete(key)
  })
}

sockets.on('connection', (socket, request) => {
  const { searchParams } = new URL(request.url, 'ws://localhost')
  const sender = `client_${++clients}`
  if (searchParams.has('room')) join(socket, `${searchParams.get('room')}:${searchParams.get('channel')}`)
  socket.on('error', () => {})
  socket.on('message', data => {
    const { type, room, channel, payload } = JSON.parse(data.toString())
    const id = `msg_${++messages}`
    const text = JSON.stringify({ id, type, timestamp: new Date().toISOString(), sender, room, channel, payload })
    for (const member of rooms.get(`${room}:${channel}`) ?? []) if (member !== socket) member.send(text)
  })
  socket.send(JSON.stringify({ type: 'welcome', id: sender }))
})

server.listen(Number(values.port), '127.0.0.1')
