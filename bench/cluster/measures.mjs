import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../load/client.mjs'
import { dialects } from '../load/dialects.mjs'
import { FrameTemplate } from '../load/frame.mjs'
import { Histogram } from '../load/histogram.mjs'
import { blankText, microsOf, readMicros, StampFinder } from '../load/stamp.mjs'

const textBytes = 256
const stallMs = 20_000
const inParallel = 50
const retryMs = 250

/** What all measurements have in common. */
export const sizes = { perSecond: 200, inFlight: 100, connections: 8, clients: 1000, channels: 10, missed: 50 }

const addressOf = (name, index = 0) => ({ room: 'bench', channel: `${name}-${index}` })

function open(port, address) {
  return new Client(port, dialects.plain, dialects.plain.path(address)).ready
}

function templateOf(address, publisher, acks) {
  const text = blankText(publisher, textBytes)
  return new FrameTemplate(dialects.plain.publish(address, text, acks), text)
}

const isAck = (bytes, start, stop) => bytes.latin1Slice(start, stop).includes('"message_response"')

/** Waits until `isSo()`; throws when that takes too long. */
async function until(what, isSo) {
  const deadline = performance.now() + stallMs
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await sleep(2)
  }
}

/** From the write of a publisher on the first node to the read of a member on the second one, at a steady rate. */
export async function measureDelivery([first, second], seconds, name) {
  const address = addressOf(name)
  const [publisher, member] = [await open(first), await open(second, address)]
  const [template, finder, histogram] = [templateOf(address, 0, false), new StampFinder(), new Histogram()]
  let received = 0
  member.onText = (_member, bytes, start, stop, nowMs) => {
    const at = finder.find(bytes, start, stop)
    if (at < 0) return
    received++
    histogram.record(microsOf(nowMs) - readMicros(bytes, at))
  }
  let sent = 0
  const run = async total => {
    const startMs = performance.now()
    const [already, before] = [sent, received]
    while (sent - already < total) {
      publisher.socket.write(template.stamped(sent++, 1))
      await sleep(Math.max(0, startMs + ((sent - already) * 1000) / sizes.perSecond - performance.now()))
    }
    await until('deliveries', () => received - before === total)
  }
  await run(sizes.perSecond)
  histogram.reset()
  await run(sizes.perSecond * seconds)
  for (const client of [publisher, member]) client.close()
  return histogram.summary()
}

/** Acknowledgements per second of so many connections, the nodes taking turns, each with a channel and messages always in flight. */
export async function measurePublishing(ports, count, seconds, name) {
  let acks = 0
  let strange = 0
  let isWanted = true
  const publishers = await Promise.all(Array.from({ length: count }, (_, index) => open(ports[index % ports.length])))
  for (const [index, publisher] of publishers.entries()) {
    const template = templateOf(addressOf(name, index), index, true)
    let owed = 0
    let sent = 0
    const flush = () => {
      if (isWanted) publisher.socket.write(template.stamped(sent, owed))
      sent += owed
      owed = 0
    }
    publisher.onText = (_publisher, bytes, start, stop) => {
      if (isAck(bytes, start, stop)) acks++
      else strange++
      if (owed++ === 0) setImmediate(flush)
    }
    publisher.socket.write(template.stamped(0, sizes.inFlight))
    sent = sizes.inFlight
  }
  await until('acknowledgements', () => acks > 10 * sizes.inFlight)
  const [before, startMs] = [acks, performance.now()]
  await sleep(seconds * 1000)
  const perSecond = ((acks - before) * 1000) / (performance.now() - startMs)
  isWanted = false
  for (const publisher of publishers) publisher.close()
  if (strange > 0) throw new Error(`${strange} answers were no acknowledgement`)
  return perSecond
}

/** Publishes what clients will have missed. Returns, for each channel, where they were before. */
async function fill(port, name) {
  const publisher = await open(port)
  const positions = []
  publisher.onText = (_publisher, bytes, start, stop) => {
    const { sequence, epoch } = JSON.parse(bytes.latin1Slice(start, stop))
    positions.push({ sequence, epoch })
  }
  for (let index = 0; index < sizes.channels; index++) {
    const template = templateOf(addressOf(name, index), 0, true)
    publisher.socket.write(template.stamped(0, sizes.missed + 1))
    await until('acknowledgements', () => positions.length === (index + 1) * (sizes.missed + 1))
  }
  publisher.close()
  return Array.from({ length: sizes.channels }, (_, index) => positions[index * (sizes.missed + 1)])
}

/** One client that comes back, and asks again when it is told to. Resolves with its connection when it has got all that it missed. */
async function comeBack(port, { room, channel }, { sequence, epoch }, onRefusal) {
  const client = await open(port)
  const args = { channel_id: `${room}:${channel}`, since: sequence, epoch }
  const join = JSON.stringify({ type: 'command', command: 'join_channel', args })
  let missing = sizes.missed
  let isRecovered = false
  await new Promise((resolve, reject) => {
    client.socket.once('close', () => reject(new Error(`a client was lost: ${client.fault}`)))
    client.onText = (_client, bytes, start, stop) => {
      const text = bytes.latin1Slice(start, stop)
      if (text.includes('@@')) missing--
      else if (text.includes('"recovered":true')) isRecovered = true
      else if (text.includes('"ENGINE_UNAVAILABLE"')) {
        onRefusal(text)
        setTimeout(() => client.send(join), retryMs)
      } else reject(new Error(`a client was not recovered: ${text}`))
      if (missing === 0 && isRecovered) resolve()
    }
    client.send(join)
  })
  return client
}

/** Seconds until all clients are connected to a node and have all that they missed, and what that cost NATS. */
async function measureStorm(port, positions, name, counts) {
  const before = await counts()
  const startMs = performance.now()
  const clients = []
  let next = 0
  let refusals = 0
  const onRefusal = () => void refusals++
  const serveNext = async () => {
    while (next < sizes.clients) {
      const index = next++ % sizes.channels
      clients.push(await comeBack(port, addressOf(name, index), positions[index], onRefusal))
    }
  }
  await Promise.all(Array.from({ length: inParallel }, serveNext))
  const seconds = (performance.now() - startMs) / 1000
  const after = await counts()
  for (const client of clients) client.close()
  const [requests, messages] = ['requests', 'messages'].map(key => after[key] - before[key])
  return { seconds, refusals, requests, messages }
}

/** The clients come to a node that knows nothing of their channels, and then, all of them once more, to the same one. */
export async function measureRecovery([first, second], name, counts) {
  const positions = await fill(first, name)
  const cold = await measureStorm(second, positions, name, counts)
  await sleep(500)
  return { cold, warm: await measureStorm(second, positions, name, counts) }
}
