import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { Snippet } from '../documents/snippet.ts'
import { startServer, type TestServer } from '../helper.ts'
import { findWebsockets, sdk } from '../support/python.ts'

/** What quotes, escapes, line ends and other scripts do to a text in three languages. */
const text = `it's "so" \\ \\" $HOME \`id\` 100% \n\t\u2028 ünï 🚀 {}`
const payload = { text, list: [1, -0.5, true, false, null], nested: { 'a b': [] } }

const languages = [
  ['curl', 'sh'],
  ['TypeScript', 'js'],
  ['Python', 'python']
] as const

interface Place {
  readonly origin: string
  readonly socket: string
  readonly hasAuth: boolean
}

/** What the page itself loads. */
const page = new URL('../../dashboard/snippets.js', import.meta.url).href
const { snippetsOf }: { snippetsOf(request: object, place: Place): Record<string, string> } = await import(page)

let modules: readonly string[]

before(async () => {
  modules = [join(sdk, 'src'), ...(await findWebsockets())]
})

/** Runs what the page shows for a request. */
async function runSnippet(
  t: TestContext,
  server: TestServer,
  [title, language]: (typeof languages)[number],
  request: object
): Promise<void> {
  const port = Number(new URL(server.httpUrl).port)
  const place = { origin: server.httpUrl, socket: `ws://127.0.0.1:${port}`, hasAuth: false }
  const env = { PYTHONPATH: modules.join(':'), PYTHONDONTWRITEBYTECODE: '1' }
  const snippet = new Snippet(t, language, snippetsOf(request, place)[title] ?? '', { port, env })
  await snippet.end()
}

for (const language of languages) {
  test(`what was published, sent to one and asked for does the same as a program in ${language[0]}`, async t => {
    const server = await startServer(t)
    const [member, one] = [await server.connect(), await server.connect()]
    await member.join('lab:one')
    await runSnippet(t, server, language, { kind: 'publish', room: 'lab', channel: 'one', type: 'event', payload })
    const published = await member.next(({ type }) => type === 'event')
    assert.deepEqual(published.payload, payload)

    await runSnippet(t, server, language, { kind: 'private', to: one.id, payload })
    const sent = await one.next(({ type }) => type === 'private')
    assert.deepEqual(sent.payload, payload)

    const args = { key: text, value: payload }
    await runSnippet(t, server, language, { kind: 'command', name: 'op.store.set', args })
    const { payload: answer } = await one.command('op.store.get', { key: text })
    assert.deepEqual(answer.data.value, payload)
  })
}
