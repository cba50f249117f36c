// How a server is spoken to: where a connection goes, when it is ready, what a publish looks like.
// Room and channel are asked for in the query, so that every server puts a connection into its room at connect.

const addressQuery = address => (address ? `room=${address.room}&channel=${address.channel}` : '')

const envelope = ({ room, channel }, text, ack) =>
  JSON.stringify({ type: 'message', room, channel, payload: { text }, ack })

/** One JSON object per frame; the first frame from the server is the welcome. */
const plain = {
  path: address => `/ws?${addressQuery(address)}`,
  greet: () => true,
  publish: envelope
}

/** Engine.IO 4 with Socket.IO 5 packets as text frames. */
const socketio = {
  path: address => `/socket.io/?EIO=4&transport=websocket&${addressQuery(address)}`,
  greet(client, text) {
    if (text.startsWith('0')) client.send('40')
    return text.startsWith('40')
  },
  heartbeat: { ask: '2'.charCodeAt(0), answer: '3' },
  publish: (address, text, ack) => `42["message",${envelope(address, text, ack)}]`
}

export const dialects = { plain, socketio }
