import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAddressGuard, findHeaderFaults } from '../../../src/webhooks/guard.ts'
import {
  brokenUrls,
  disguisedUrls,
  forbiddenHosts,
  foreignUrls,
  loopbackHosts,
  loopbackHosts6,
  publicHosts
} from '../../fixtures/forbidden-addresses.ts'

const FORBIDDEN = 'url: this address cannot be used'
const strict = createAddressGuard([])

for (const host of [...loopbackHosts, ...loopbackHosts6, ...forbiddenHosts]) {
  test(`${JSON.stringify(host)} is refused with the sentence for every forbidden address`, () => {
    assert.deepEqual(strict.findUrlFaults(`http://${host}:8080/hook`), [FORBIDDEN])
    assert.deepEqual(strict.findUrlFaults(`https://${host}/hook`), [FORBIDDEN])
  })
}

for (const host of publicHosts) {
  test(`${host} may be registered`, () => {
    assert.deepEqual(strict.findUrlFaults(`https://${host}:8443/hook?a=b`), [])
  })
}

for (const url of brokenUrls) {
  test(`${JSON.stringify(url)} is no URL`, () => {
    assert.deepEqual(strict.findUrlFaults(url.replace('PORT', '8080')), ['url: must be a URL'])
  })
}

for (const url of disguisedUrls) {
  test(`${JSON.stringify(url)} is seen through`, () => {
    assert.ok(strict.findUrlFaults(url.replace('PORT', '8080')).includes(FORBIDDEN))
  })
}

for (const url of foreignUrls) {
  test(`${url} is refused for its scheme`, () => {
    assert.deepEqual(strict.findUrlFaults(url.replace('PORT', '8080')), ['url: must be http or https'])
  })
}

test('credentials are refused, and named beside a forbidden address', () => {
  assert.deepEqual(strict.findUrlFaults('https://user@example.com/'), ['url: must not carry credentials'])
  assert.deepEqual(strict.findUrlFaults('https://:word@example.com/'), ['url: must not carry credentials'])
  assert.deepEqual(strict.findUrlFaults('https://user:word@10.0.0.1/'), ['url: must not carry credentials', FORBIDDEN])
})

test('an allowed range allows what it covers, in every spelling, and nothing beside it', () => {
  const guard = createAddressGuard(['127.0.0.0/8', '10.1.2.3', '::1/128', 'fd12::/16'])
  for (const host of [
    '127.0.0.1',
    '0x7f.1',
    '[::ffff:127.9.9.9]',
    'localhost',
    'a.localhost',
    '10.1.2.3',
    '[::1]',
    '[fd12::7]'
  ]) {
    assert.deepEqual(guard.findUrlFaults(`http://${host}/`), [], host)
  }
  for (const host of [
    '10.1.2.4',
    '10.1.2.2',
    '[::2]',
    '[fd13::1]',
    '0.0.0.0',
    '[::]',
    '[2002:7f00:1::]',
    '[::127.0.0.1]'
  ]) {
    assert.deepEqual(guard.findUrlFaults(`http://${host}/`), [FORBIDDEN], host)
  }
})

test('localhost may be registered when either loopback address is allowed', () => {
  assert.deepEqual(createAddressGuard(['127.0.0.1']).findUrlFaults('http://localhost/'), [])
  assert.deepEqual(createAddressGuard(['::1']).findUrlFaults('http://localhost/'), [])
  assert.deepEqual(createAddressGuard(['127.0.0.2/32']).findUrlFaults('http://localhost/'), [FORBIDDEN])
})

test('a range of IPv4-mapped addresses counts as IPv4', () => {
  const guard = createAddressGuard(['::ffff:10.0.0.0/104'])
  assert.equal(guard.isAllowed('10.255.0.1'), true)
  assert.equal(guard.isAllowed('172.16.0.1'), false)
})

test('a range that covers more than the IPv4-mapped addresses allows no IPv4 address', () => {
  assert.equal(createAddressGuard(['::ffff:10.0.0.0/95']).isAllowed('10.0.0.1'), false)
})

test('a text that is no range allows nothing', () => {
  const guard = createAddressGuard(['loopback', '127.0.0.1/33', '', '127.1/8', '::1/129'])
  for (const address of ['127.0.0.1', '::1', '10.0.0.1']) assert.equal(guard.isAllowed(address), false, address)
})

const metadata = ['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254']

for (const address of metadata) {
  test(`${address}, where a cloud answers its machines, is allowed only when named alone`, () => {
    const [everything, bits] = address.includes(':') ? ['::/0', 128] : ['0.0.0.0/0', 32]
    const wide = createAddressGuard([everything, '169.254.0.0/16', `${address}/${bits - 1}`])
    assert.equal(wide.isAllowed(address), false)
    assert.equal(createAddressGuard([address]).isAllowed(address), true)
    assert.equal(createAddressGuard([`${address}/${bits}`]).isAllowed(address), true)
  })
}

test('a wide range does not allow metadata addresses in another form', () => {
  const guard = createAddressGuard(['0.0.0.0/0', '::/0'])
  const forms = [
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::',
    '::169.254.169.254',
    'fd00:0ec2:0:0::0254'
  ]
  for (const form of forms) assert.equal(guard.isAllowed(form), false, form)
})

test('a resolved address is judged only in the form that a name service gives', () => {
  for (const text of ['8.8.8.8', '2606:4700:4700::1111']) assert.equal(strict.isAllowed(text), true, text)
  for (const text of ['', '8', '8.8.8', '010.8.8.8', '[::1]', '2606:4700:4700::1111%eth0', ' 8.8.8.8', 'example.com']) {
    assert.equal(strict.isAllowed(text), false, text)
  }
})

test('every spelling of an IPv4 address is judged like the dotted one', () => {
  const guard = createAddressGuard(['10.0.0.0/8'])
  const base = fc.constantFrom(10, 8, 16)
  const octets = fc.oneof(
    fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
    fc.tuple(fc.constantFrom(0, 10, 127, 169, 172, 192, 100, 224), fc.nat(255), fc.nat(255), fc.nat(255))
  )
  fc.assert(
    fc.property(
      octets,
      fc.integer({ min: 1, max: 4 }),
      fc.array(base, { minLength: 4, maxLength: 4 }),
      (bytes, parts, bases) => {
        const dotted = bytes.join('.')
        const tail = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0)
        const numbers = [...bytes.slice(0, parts - 1), tail]
        const spelled = numbers.map((number, index) => spell(number, bases[index] ?? 10)).join('.')
        const hex = bytes.map(byte => byte.toString(16).padStart(2, '0'))
        const mapped = `[::ffff:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`
        const expected = guard.isAllowed(dotted) ? [] : [FORBIDDEN]
        for (const host of [dotted, spelled, `${spelled}.`, mapped]) {
          assert.deepEqual(guard.findUrlFaults(`http://${host}/`), expected, host)
        }
      }
    ),
    { numRuns: 1000 }
  )
})

function spell(number: number, base: number): string {
  if (base === 10) return String(number)
  return base === 8 ? `0${number.toString(8)}` : `0x${number.toString(16)}`
}

test('headers of a rule pass', () => {
  const headers = {
    Authorization: 'Bearer abc',
    'X-Team': 'red\tblue',
    'user-agent': 'mine/1.0',
    'x-empty': '',
    accept: '*/*'
  }
  assert.deepEqual(findHeaderFaults(headers), [])
})

const reservedNames = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'cookie',
  'expect',
  'content-type',
  'proxy-authorization',
  'proxy-connection',
  'webhook-id',
  'webhook-signature',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host'
]

for (const name of reservedNames) {
  test(`the header ${name} is refused in any case`, () => {
    for (const spelled of [name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`]) {
      assert.deepEqual(findHeaderFaults({ [spelled]: 'x' }), [`headers.${spelled}: must not be set`])
    }
  })
}

test('a name that is no token is refused by its place', () => {
  const expected = ['headers[2]: the name must be a token of 1 to 64 characters']
  for (const name of ['', 'a b', 'a:', 'a\r\nb', 'ä', 'a\0', '"a"', ' host', 'host ']) {
    assert.deepEqual(findHeaderFaults({ ok: 'x', [name]: 'x' }), expected, JSON.stringify(name))
  }
})

test('a value with anything but visible ASCII, blanks and tabs is refused', () => {
  for (const value of ['a\r\nb: c', 'a\n', '\ra', 'a\0', '\x7f', 'ä', '\u2028']) {
    assert.deepEqual(
      findHeaderFaults({ 'x-a': value }),
      ['headers.x-a: must be at most 1024 visible ASCII characters'],
      JSON.stringify(value)
    )
  }
})

test('a name of 64 characters passes, one of 65 does not', () => {
  assert.deepEqual(findHeaderFaults({ ['x'.repeat(64)]: '' }), [])
  assert.equal(findHeaderFaults({ ['x'.repeat(65)]: '' }).length, 1)
})

test('a value of 1,024 characters passes, one of 1,025 does not', () => {
  assert.deepEqual(findHeaderFaults({ x: 'x'.repeat(1024) }), [])
  assert.equal(findHeaderFaults({ x: 'x'.repeat(1025) }).length, 1)
})

test('20 headers pass, of 21 only their number is said', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '']))
  assert.deepEqual(findHeaderFaults(many(20)), [])
  assert.deepEqual(findHeaderFaults({ ...many(20), host: '\n' }), ['headers: must be at most 20'])
})

test('a header that is there twice in different case is refused', () => {
  assert.deepEqual(findHeaderFaults({ 'x-a': '1', 'X-A': '2' }), ['headers.X-A: must be there once'])
})

test('every fault is named', () => {
  assert.deepEqual(findHeaderFaults({ Host: '\n', 'x y': 'ok', TE: 'x' }), [
    'headers.Host: must not be set',
    'headers.Host: must be at most 1024 visible ASCII characters',
    'headers[2]: the name must be a token of 1 to 64 characters',
    'headers.TE: must not be set'
  ])
})

test('no line break or NUL passes, and what passes is taken by the HTTP client of Node', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'Z', '-', ' ', '\t', '\r', '\n', '\0', ':', 'é', '\u010a') })
  fc.assert(
    fc.property(text, text, (name, value) => {
      const faults = findHeaderFaults({ [name]: value })
      if (/[\r\n\0]/.test(name + value)) assert.notDeepEqual(faults, [])
      if (faults.length === 0) assert.doesNotThrow(() => new Headers({ [name]: value }))
    }),
    { numRuns: 2000 }
  )
})
