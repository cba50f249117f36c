import { randomBytes, randomInt } from 'node:crypto'

const words =
  'order shipped north harbour window copper invoice garden later meeting engine paper signal bread river'.split(' ')

function sentence(length) {
  let text = ''
  for (let index = 0; text.length < length; index += 1) text += `${words[(index * 7) % words.length]} `
  return text.slice(0, length)
}

/** A message of a chat or a shop of about `bytes`, in which nothing is to be found. */
export function cleanPayload(bytes) {
  const items = []
  const payload = { id: 'c9f0a8f2', author: 'ada', at: '2026-03-12T06:25:01.000Z', text: sentence(60), items }
  for (let size = JSON.stringify(payload).length; size < bytes - 40; size = JSON.stringify(payload).length) {
    const rest = bytes - size - 60
    items.push({
      sku: `AB-${items.length}`,
      qty: (items.length % 9) + 1,
      note: sentence(Math.max(8, Math.min(400, rest)))
    })
  }
  return payload
}

const size = 65_536
const pick = list => list[randomInt(list.length)]
const filled = piece => {
  let text = ''
  while (text.length < size - 200) text += piece()
  return { text }
}
const base62 = length => randomBytes(length).toString('base64').replace(/[+/=]/g, 'x').slice(0, length)
const prefixes =
  'AKIA ASIA AIza ghp_ gho_ github_pat_ glpat- xoxb-1 sk_live_ sk-proj- sk-ant- hf_ r8_ gsk_ npm_ pypi-AgE SG. SK AC key- eyJ hvs. dapi shpat_ EAAA rzp_live_ whsec_ :AA Q~ -us pat cio oy2 phx_ glsa_ ops_eyJ'.split(
    ' '
  )

function deep() {
  let payload = { text: 'end' }
  for (let depth = 1; depth < 31; depth += 1)
    payload = depth % 2 === 0 ? { [base62(8)]: payload } : [payload, base62(600)]
  return { payload }
}

/** The worst we know, each about as long as is inspected at most, drawn afresh at every call. */
export const worstPayloads = {
  'random base64': () => ({ image: randomBytes(size * 0.74).toString('base64') }),
  'random ASCII': () => ({
    text: Array.from(randomBytes(size - 2000), byte => String.fromCharCode(35 + (byte % 88))).join('')
  }),
  'random beyond ASCII': () => ({
    text: Array.from(randomBytes(20_000), byte => String.fromCharCode(0x4e00 + byte * 37)).join('')
  }),
  'one long run of spaces': () => ({ text: ' '.repeat(size - 100) }),
  'names and spaces': () => filled(() => `password${' '.repeat(randomInt(1, 40))}`),
  'bearer and spaces': () => filled(() => `bearer${' '.repeat(randomInt(1, 400))}\u00a0`),
  'prefixes alone': () => filled(() => pick(prefixes)),
  'near misses of all rules': () => filled(() => `${pick(prefixes)}${base62(randomInt(4, 34))} `),
  'wrong checksums': () => filled(() => `ghp_${base62(36)} `),
  'header of a JWT again and again': () => filled(() => 'eyJhbGciOiJIUzI1NiJ9.'),
  'URLs without end': () => filled(() => `https://ada:${base62(12)}`),
  'begin of a key again and again': () => filled(() => `-----${'BEGIN'} PRIVATE KEY-----`),
  'half tokens of a bot': () => filled(() => `MTIzNDU2Nzg5MDEyMzQ1Njc4.${base62(5)}.`),
  '32 levels': deep,
  '1,000 keys': () =>
    Object.fromEntries(Array.from({ length: 1000 }, () => [`${pick(prefixes)}${base62(20)}`, base62(30)])),
  '10,000 values': () => ({ list: Array.from({ length: 9000 }, () => pick(['a', 'eyJ', 1, null, 'sk-', ''])) }),
  'a secret in every value': () => ({ list: Array.from({ length: 1500 }, () => `token=${base62(24)}`) }),
  'redacted keys everywhere': () => ({
    list: Array.from({ length: 2000 }, () => ({ password: base62(8), secret: 1 }))
  }),
  'one megabyte of base64': () => ({ image: randomBytes(700_000).toString('base64') })
}
