import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLogger, type LogOptions } from '../../src/log.ts'

test('writes one JSON object per line with ISO time, level in words, service and bound node', () => {
  const { log, lines } = build()
  log.child({ node: 'n1' }).info({ rooms: 3 }, 'Two\nlines')
  log.warn('Next')
  const [first, second] = lines()
  assert.equal(first?.time, new Date(String(first?.time)).toISOString())
  assert.deepEqual(
    { ...first, time: '' },
    { level: 'info', time: '', service: 'arqonbus', node: 'n1', rooms: 3, msg: 'Two\nlines' }
  )
  assert.equal(second?.level, 'warn')
})

test('writes nothing below its level', () => {
  const { log, lines } = build({ logLevel: 'warn' })
  log.info('Quiet')
  log.error('Loud')
  assert.deepEqual(
    lines().map(line => line.msg),
    ['Loud']
  )
  const silent = build({ logLevel: 'silent' })
  silent.log.fatal('Nothing')
  assert.deepEqual(silent.lines(), [])
})

test('writes of a request the method, the path without query string, and the address', async t => {
  const { log, lines } = build()
  const server = createServer((request, response) => {
    log.info({ req: request, res: response }, 'Request')
    response.end()
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const headers = { authorization: 'Bearer hidden', connection: 'close' }
  await fetch(`http://127.0.0.1:${port}/ws?token=hidden#hidden`, { headers })
  const [line] = lines()
  assert.deepEqual(line?.req, { method: 'GET', path: '/ws', remoteAddress: '127.0.0.1' })
  assert.deepEqual(line?.res, { statusCode: 200 })
})

test('prefers the address that the server made out to that of the socket', () => {
  const { log, lines } = build()
  log.info({ req: { method: 'GET', url: '/', ip: '192.0.2.1', socket: { remoteAddress: '10.0.0.1' } } })
  assert.deepEqual(lines()[0]?.req, { method: 'GET', path: '/', remoteAddress: '192.0.2.1' })
})

test('writes a URL without its query string', () => {
  const { log, lines } = build()
  log.info({ url: '/ws?access_token=hidden\n&x' })
  log.info({ url: '/ws#hidden' })
  assert.deepEqual(
    lines().map(line => line.url),
    ['/ws', '/ws']
  )
})

test('writes of a message what it is and where it goes', () => {
  const { log, lines } = build()
  const message = {
    id: 'arq_1',
    type: 'event',
    room: 'r',
    channel: 'c',
    sender: 's',
    payload: { a: 'hidden' },
    metadata: {}
  }
  log.info({ envelope: message, message })
  const shown = { id: 'arq_1', type: 'event', room: 'r', channel: 'c', sender: 's' }
  assert.deepEqual([lines()[0]?.envelope, lines()[0]?.message], [shown, shown])
})

test('leaves out a request, message or URL that is none', () => {
  const { log, lines } = build()
  log.info({ req: 'hidden', res: null, envelope: 'hidden', message: 'hidden', url: 7 }, 'Odd')
  const { time: _time, ...line } = lines()[0] ?? {}
  assert.deepEqual(line, { level: 'info', service: 'arqonbus', msg: 'Odd' })
})

test('censors secrets at every depth, whatever the case of the key, in bindings too', () => {
  const { log, lines } = build()
  log.child({ token: 'hidden' }).info({
    headers: { Authorization: 'hidden', 'sec-websocket-protocol': 'hidden', host: 'a' },
    list: [{ password: 'hidden', kept: 1 }],
    payload: { a: 'hidden' },
    a: { b: { c: { secret: 'hidden' } } }
  })
  assert.ok(!JSON.stringify(lines()).includes('hidden'))
  assert.deepEqual(lines()[0]?.headers, { Authorization: '***', 'sec-websocket-protocol': '***', host: 'a' })
  assert.deepEqual(lines()[0]?.list, [{ password: '***', kept: 1 }])
})

test('does not look into what is not plain data, nor deeper than four levels', () => {
  class Session {
    readonly note = 'hidden'
  }
  const { log, lines } = build()
  const ring: Record<string, unknown> = {}
  ring.next = ring
  log.info({ session: new Session(), bytes: Buffer.from('hidden'), ring, at: new Date(0) })
  const { session, bytes, ring: shown, at } = lines()[0] ?? {}
  assert.deepEqual([session, bytes, at], ['[Session]', '[Buffer]', '1970-01-01T00:00:00.000Z'])
  assert.deepEqual(shown, { next: { next: { next: { next: '***' } } } })
})

test('prints no secret of any tree of plain data', () => {
  const keys = fc.constantFrom('token', 'Cookie', 'payload', 'JWT', 'access_token', 'a', 'b')
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constant('kept'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'))
    )
  }))
  fc.assert(
    fc.property(fc.dictionary(keys, tree), data => {
      const { log, lines } = build()
      log.info(data, 'Tree')
      for (const [key, value] of entriesOf(lines()[0])) {
        if (/^(token|cookie|payload|jwt|access_token)$/i.test(key)) assert.equal(value, '***')
      }
    })
  )
})

test('writes an error with code, frames and causes, and without what was hung onto it', () => {
  const { log, lines } = build()
  const cause = Object.assign(new TypeError('Deep'), { code: 'E_DEEP', input: '/ws?token=hidden' })
  log.error(new Error('Outer', { cause }))
  const { err, msg } = lines()[0] ?? {}
  assert.equal(msg, 'Outer')
  assert.match(JSON.stringify(err), /^\{"type":"Error","message":"Outer","stack":"Error: Outer\\n +at /)
  assert.match(
    JSON.stringify(err),
    /"cause":\{"type":"TypeError","message":"Deep","code":"E_DEEP","stack":"TypeError: Deep\\n +at /
  )
  assert.ok(!JSON.stringify(lines()).includes('hidden'))
})

test('stops after three causes, also when they go round in a ring', () => {
  const { log, lines } = build()
  const error = new Error('Ring')
  error.cause = error
  log.error({ err: error }, 'Failed')
  assert.equal(JSON.stringify(lines()).match(/"type":"Error"/g)?.length, 4)
})

test('does not quote text that could not be parsed', () => {
  const { log, lines } = build()
  const error = parseFault('hidden {')
  log.error(error)
  log.error({ err: error })
  log.error({ err: error }, error.message)
  log.error(error, error.message)
  log.error({ cause: error }, 'Told')
  log.error(new Error('Outer', { cause: error }), 'Bad frame')
  assert.equal(lines().length, 6)
  assert.ok(!JSON.stringify(lines()).includes(error.message))
  assert.deepEqual(
    lines()
      .map(line => line.msg)
      .slice(3),
    ['the text cannot be parsed', 'Told', 'Bad frame']
  )
})

test('writes of something thrown that is no error only its type', () => {
  const { log, lines } = build()
  log.error({ err: 'hidden' }, 'Thrown')
  assert.deepEqual(lines()[0]?.err, { type: 'string' })
})

test('writes lines for people when asked to', async () => {
  const written = new PassThrough({ encoding: 'utf8' })
  createLogger({ logLevel: 'info', pretty: true }, written).child({ node: 'n1' }).info({ token: 'hidden' }, 'Ready')
  const [text] = await once(written, 'data')
  assert.match(text, /^\[.+\] INFO: Ready\n +node: "n1"\n/)
  assert.ok(!text.includes('hidden'))
})

test('writes JSON when the package for people is not installed', () => {
  const loadPretty = () => {
    throw new Error('not installed')
  }
  const { log, lines } = build({ pretty: true, loadPretty })
  log.info('Ready')
  assert.equal(lines()[0]?.msg, 'Ready')
})

function build(options: Partial<LogOptions> = {}) {
  let written = ''
  const log = createLogger({ logLevel: 'info', pretty: false, ...options }, { write: chunk => (written += chunk) })
  return {
    log,
    lines: (): Record<string, unknown>[] =>
      written
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
  }
}

function parseFault(text: string): Error {
  try {
    JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return error
  }
  assert.fail('the text can be parsed')
}

function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [[key, item], ...entriesOf(item)])
}
