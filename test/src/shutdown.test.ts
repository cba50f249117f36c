import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Started, start } from './process.ts'

/** A process that closes as told, once it has said that it is up. */
function startProcess(t: TestContext, close: string, deadlineMs = 60_000): Started {
  const program = `
    import { closeOnSignal } from './src/shutdown.ts'
    const say = level => (fields, text) => console.log(level, text, fields.err?.message ?? fields.signal ?? '')
    const log = { info: say('info'), error: say('error') }
    closeOnSignal({ log, deadlineMs: ${deadlineMs}, close: ${close} })
    process.on('SIGWINCH', () => { throw new Error('nobody caught this') })
    process.on('SIGURG', () => { Promise.reject(new Error('nobody awaited this')) })
    setInterval(() => {}, 1000)
    console.log('up')
  `
  return start(t, ['--import', 'tsx', '--input-type=module', '--eval', program])
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} closes in good order and leaves with 0`, async t => {
    const started = startProcess(t, 'async () => console.log("closing")')
    await started.said('up')
    started.child.kill(signal)
    const { code, stdout } = await started.ended
    assert.deepEqual(stdout.trim().split('\n'), ['up', `info draining ${signal}`, 'closing', 'info closed'])
    assert.equal(code, 0)
  })
}

test('a second signal leaves with 1 at once', async t => {
  const started = startProcess(t, '() => new Promise(() => {})')
  await started.said('up')
  started.child.kill('SIGTERM')
  await started.said('draining')
  started.child.kill('SIGINT')
  const { code, stdout } = await started.ended
  assert.equal(code, 1)
  assert.match(stdout, /error second SIGINT, exiting/)
})

test('at the deadline the process leaves with 1 and says so', async t => {
  const started = startProcess(t, '() => new Promise(() => {})', 100)
  await started.said('up')
  started.child.kill('SIGTERM')
  const { code, stdout } = await started.ended
  assert.equal(code, 1)
  assert.match(stdout, /error killed by timeout \(100ms\)/)
})

test('a close that fails leaves with 1 and the reason', async t => {
  const started = startProcess(t, 'async () => { throw new Error("the door is stuck") }')
  await started.said('up')
  started.child.kill('SIGTERM')
  const { code, stdout } = await started.ended
  assert.equal(code, 1)
  assert.match(stdout, /error Error: the door is stuck/)
})

for (const [signal, message] of [
  ['SIGWINCH', 'nobody caught this'],
  ['SIGURG', 'nobody awaited this']
] as const) {
  test(`after "${message}" it closes in good order and leaves with 1`, async t => {
    const started = startProcess(t, 'async () => console.log("closing")')
    await started.said('up')
    started.child.kill(signal)
    const { code, stdout } = await started.ended
    assert.equal(code, 1)
    assert.deepEqual(stdout.trim().split('\n').slice(1), [
      `error closing after an error that nobody caught ${message}`,
      'closing',
      'info closed'
    ])
  })
}
