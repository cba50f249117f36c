/**
 * What was tried, as programs that do the same: `{curl, TypeScript, Python}`. Tokens are left to the environment.
 * @param request `{kind: 'publish' | 'private' | 'command', …}` with `room`, `channel`, `type`, `to`, `payload`, `name`, `args` as the kind has them
 * @param origin of this server, and `socket`, the address of its socket
 */
export function snippetsOf(request, { origin, socket, hasAuth }) {
  return {
    curl: curlOf(request, origin, hasAuth),
    TypeScript: typeScriptOf(request, socket, hasAuth),
    Python: pythonOf(request, socket, hasAuth)
  }
}

function curlOf(request, origin, hasAuth) {
  const { path, body } = httpOf(request)
  const token = hasAuth ? ` \\\n  -H "Authorization: Bearer $TOKEN"` : ''
  return `curl -s -X POST ${quoted(origin + path)}${token} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}\n`
}

/** The request to `/v1` that does the same. */
export function httpOf({ kind, room, channel, type, to, payload, name, args }) {
  if (kind === 'command') return { path: `/v1/commands/${encodeURIComponent(name)}`, body: args }
  if (kind === 'private') return { path: `/v1/clients/${encodeURIComponent(to)}/messages`, body: { payload } }
  const path = `/v1/rooms/${encodeURIComponent(room)}/channels/${encodeURIComponent(channel)}/messages`
  return { path, body: type === 'event' ? { type, payload } : { payload } }
}

function typeScriptOf(request, socket, hasAuth) {
  const options = hasAuth ? ', { token: process.env.TOKEN }' : ''
  return `import { connect } from 'arqonbus/client'

const bus = await connect(${text(socket)}${options})
console.log(await ${typeScriptCallOf(request)})
await bus.close()
`
}

function typeScriptCallOf({ kind, room, channel, type, to, payload, name, args }) {
  if (kind === 'command') return `bus.command(${text(name)}, ${JSON.stringify(args)})`
  if (kind === 'private') return `bus.send(${text(to)}, ${JSON.stringify(payload)})`
  const more = type === 'event' ? `, { type: 'event' }` : ''
  return `bus.publish(${text(`${room}:${channel}`)}, ${JSON.stringify(payload)}${more})`
}

function pythonOf(request, socket, hasAuth) {
  const options = hasAuth ? ', token=os.environ["TOKEN"]' : ''
  return `import asyncio
${hasAuth ? 'import os\n' : ''}from arqonbus.sdk import ArqonBusClient


async def main():
    async with ArqonBusClient(${JSON.stringify(socket)}${options}) as bus:
        print(await ${pythonCallOf(request)})


asyncio.run(main())
`
}

function pythonCallOf({ kind, room, channel, type, to, payload, name, args }) {
  if (kind === 'command') return `bus.command(${python(name)}, ${python(args)})`
  if (kind === 'private') return `bus.send(${python(to)}, ${python(payload)})`
  return `bus.publish(${python(`${room}:${channel}`)}, ${python(payload)}${type === 'event' ? ', type="event"' : ''})`
}

function quoted(value) {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

function text(value) {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A value of JSON as Python writes it. */
function python(value) {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}: ${python(each)}`)
      .join(', ')}}`
  return JSON.stringify(value)
}
