import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startServer } from '../helper.ts'
import {
  findBuilder,
  findNewestWebsockets,
  findWebsockets,
  hasPython,
  lendServers,
  runPython,
  sdk
} from '../support/python.ts'
import { TEST_SECRET } from '../support/tokens.ts'

const source = join(sdk, 'src')

/** Runs all tests of the package, with warnings as errors, against real servers. */
async function runTests(t: TestContext, websockets: readonly string[]): Promise<void> {
  const lent = lendServers(t, 2, { ARQONBUS_DRAIN_RETRY_MS: '300' })
  const limits = { ARQONBUS_MAX_HISTORY_SIZE: '5000' }
  const open = await startServer(t, limits)
  const closed = await startServer(t, {
    ...limits,
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET
  })
  const { code, output } = await runPython(t, ['-W', 'error', '-m', 'unittest', 'discover', '-s', 'tests'], {
    modules: [source, ...websockets],
    env: {
      BUS_TEST_URL: open.wsUrl,
      BUS_TEST_AUTH_URL: closed.wsUrl,
      BUS_TEST_SECRET: TEST_SECRET,
      BUS_TEST_CONTROL_URL: await lent
    }
  })
  assert.equal(code, 0, output)
  assert.match(output, /^Ran [1-9]\d* tests/m)
  assert.doesNotMatch(output, /Traceback|Warning|skipped/)
}

test('a Python that is new enough is there', () => {
  assert.ok(hasPython(), 'install Python 3.10 or newer: apt-get install python3')
})

test('the tests of the package pass with the websockets of Debian', async t => {
  await runTests(t, await findWebsockets())
})

test('the tests of the package pass with the newest websockets, where pip can get them', async t => {
  const websockets = await findNewestWebsockets()
  if (websockets === undefined) t.diagnostic('pip cannot get websockets: only the version of Debian was tested')
  else await runTests(t, websockets)
})

test('the example greets and answers', async t => {
  const { wsUrl, connect } = await startServer(t)
  const alice = await connect('/ws?room=science&channel=general')
  const bot = runPython(t, ['-W', 'error', 'examples/hello_bot.py'], {
    modules: [source, ...(await findWebsockets())],
    env: { BUS_URL: wsUrl }
  })
  const [hello] = await Promise.race([Promise.all([alice.next(isMessage)]), bot.then(failed)])
  assert.equal(hello?.payload.text, 'Hello, I am here.')
  alice.send({ type: 'message', id: 'arq_hi', payload: { text: 'Hi' }, ack: false })
  const answer = await alice.next(isMessage)
  assert.deepEqual([answer.payload.text, answer.metadata.causal_parent_id], ['You said: Hi', 'arq_hi'])
})

test('every file compiles without a warning', async t => {
  const args = ['-W', 'error', '-m', 'compileall', '-q', '-f', 'src', 'tests', 'examples']
  const { code, output } = await runPython(t, args, { env: { PYTHONPYCACHEPREFIX: makeFolder(t) } })
  assert.equal(code, 0, output)
})

test('a wheel is built without a network, with the package and its marker of types, and nothing else', async t => {
  const folder = makeFolder(t)
  cpSync(sdk, folder, { recursive: true })
  const program = 'from setuptools import build_meta; build_meta.build_wheel("wheels")'
  const { code, output } = await runPython(t, ['-c', program], { cwd: folder, ...(await findBuilder()) })
  assert.equal(code, 0, output)
  const [wheel = ''] = readdirSync(join(folder, 'wheels'))
  assert.match(wheel, /^arqonbus-\d+\.\d+\.\d+-py3-none-any\.whl$/)
  const list = await runPython(t, ['-m', 'zipfile', '-l', `wheels/${wheel}`], { cwd: folder })
  for (const file of ['arqonbus/py.typed', 'arqonbus/sdk/client.py']) assert.ok(list.output.includes(file), file)
  assert.doesNotMatch(list.output, /tests|examples/)
})

function isMessage(frame: { type?: string }): boolean {
  return frame.type === 'message'
}

function failed({ output }: { readonly output: string }): never {
  throw new Error(`the program ended: ${output}`)
}

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-python-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
