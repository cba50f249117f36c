import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configKeys } from '../../src/config.ts'
import { FlagsExit, parseFlags } from '../../src/flags.ts'
import { VERSION } from '../../src/version.ts'

test('no argument asks for nothing but the start', () => {
  assert.deepEqual(parseFlags([]), { flags: {}, checkConfig: false })
  assert.deepEqual(parseFlags(['serve']), { flags: {}, checkConfig: false })
})

test('a flag is read under the name of its setting, in both notations, before and after the command', () => {
  const flags = { port: '0', telemetryPort: '1', natsUrl: 'nats://a' }
  const args = ['--port', '0', 'serve', '--telemetry-port=1', '--nats-url', 'nats://a']
  assert.deepEqual(parseFlags(args), { flags, checkConfig: false })
})

test('every setting that has a flag is among the options', () => {
  for (const key of configKeys.filter(({ flag }) => flag !== undefined)) {
    assert.deepEqual(parseFlags([`--${key.flag}`, 'x']).flags, { [key.name]: 'x' })
  }
})

test('the last of two equal flags counts', () => {
  assert.deepEqual(parseFlags(['--port', '1', '--port', '2']).flags, { port: '2' })
})

test('--check-config is no setting', () => {
  assert.deepEqual(parseFlags(['--check-config', '--broker', 'nats']), { flags: { broker: 'nats' }, checkConfig: true })
})

for (const args of [['--nope'], ['--port'], ['start'], ['serve', 'serve'], ['--check-config=x'], ['-h'], ['help']]) {
  test(`\`${args.join(' ')}\` is a fault of use`, () => {
    const exit = exitOf(args)
    assert.equal(exit.exitCode, 2)
    assert.match(exit.message, /^error: /)
  })
}

test('--help lists every flag with its variable and default, and names the documents', () => {
  const { exitCode, message } = exitOf(['--help'])
  const text = message.replace(/\s+/g, ' ')
  assert.equal(exitCode, 0)
  for (const key of configKeys.filter(({ flag }) => flag !== undefined)) {
    assert.ok(text.includes(`--${key.flag} <value>`))
    assert.ok(text.includes(key.default === undefined ? `(${key.env[0]})` : `(${key.env[0]}; default ${key.default})`))
  }
  for (const word of ['[serve]', '--check-config', '--version', 'README.md', 'docs/limits.md', 'docs/errors.md']) {
    assert.ok(text.includes(word), word)
  }
})

test('--version prints the version', () => {
  const { exitCode, message } = exitOf(['--version'])
  assert.deepEqual([exitCode, message], [0, `${VERSION}\n`])
})

function exitOf(args: readonly string[]): FlagsExit {
  try {
    parseFlags(args)
  } catch (error) {
    if (error instanceof FlagsExit) return error
    throw error
  }
  assert.fail('the arguments are accepted')
}
