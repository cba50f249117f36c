// What happens on the bus, counted by the second: a feed for a dashboard, over server-sent events.
//   node examples/dashboard-feed/feed.js
const url = process.env.ARQONBUS_HTTP_URL ?? 'http://127.0.0.1:8080'
const token = process.env.ARQONBUS_TOKEN

const response = await fetch(`${url}/v1/events`, { headers: token ? { authorization: `Bearer ${token}` } : {} })
if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)

const counts = new Map()
const timer = setInterval(() => {
  if (counts.size > 0) console.log(JSON.stringify(Object.fromEntries([...counts].sort())))
  counts.clear()
}, 1000)

let rest = ''
for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
  const blocks = (rest + chunk).split('\n\n')
  rest = blocks.pop() ?? ''
  for (const block of blocks) {
    if (!block.startsWith('data: ')) continue
    const { event_type } = JSON.parse(block.slice('data: '.length))
    counts.set(event_type, (counts.get(event_type) ?? 0) + 1)
  }
}
clearInterval(timer)
