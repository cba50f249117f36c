// Socket.IO with its rooms, WebSocket only, as its documentation shows it.
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { Server } from 'socket.io'

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const server = createServer((_request, response) => response.end('ok'))
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })

let messages = 0

io.on('connection', socket => {
  const { room, channel } = socket.handshake.query
  if (room) socket.join(`${room}:${channel}`)
  socket.on('message', ({ type, room, channel, payload }) => {
    const id = `msg_${++messages}`
    const message = { id, type, timestamp: new Date().toISOString(), sender: socket.id, room, channel, payload }
    socket.to(`${room}:${channel}`).emit('message', message)
  })
})

server.listen(Number(values.port), '127.0.0.1')
