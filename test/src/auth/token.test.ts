import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findToken, type TokenPlaces } from '../../../src/auth/token.ts'

function find(places: Partial<TokenPlaces>): string | undefined {
  return findToken({ authorization: undefined, protocols: undefined, query: {}, allowQuery: true, ...places })
}

const found: readonly [title: string, places: Partial<TokenPlaces>, token: string | undefined][] = [
  ['nowhere', {}, undefined],
  ['in the header', { authorization: 'Bearer a.b.c' }, 'a.b.c'],
  ['in the header in any case of letters', { authorization: 'bEARER   a.b.c ' }, 'a.b.c'],
  ['not in a header of another scheme', { authorization: 'Basic YTpi' }, undefined],
  ['not in a header without one', { authorization: 'Bearer ' }, undefined],
  ['not in a header that glues scheme and token', { authorization: 'Bearera.b.c' }, undefined],
  ['in the subprotocols', { protocols: 'arqonbus.v1, bearer.a.b.c' }, 'a.b.c'],
  ['in the subprotocols without spaces', { protocols: 'bearer.a.b.c,arqonbus.v1' }, 'a.b.c'],
  ['not in an empty subprotocol', { protocols: 'arqonbus.v1, bearer.' }, undefined],
  ['not in another subprotocol', { protocols: 'arqonbus.v1, xbearer.a' }, undefined],
  ['in the query as token', { query: { token: 'a.b.c' } }, 'a.b.c'],
  ['in the query as access_token', { query: { access_token: 'a.b.c' } }, 'a.b.c'],
  ['in the query as auth_token', { query: { auth_token: 'a.b.c' } }, 'a.b.c'],
  ['past an empty key of the query', { query: { token: '', auth_token: 'a.b.c' } }, 'a.b.c'],
  ['not in a query that does not count', { query: { token: 'a.b.c' }, allowQuery: false }, undefined],
  ['not in the prototype of the query', { query: JSON.parse('{"__proto__":{"token":"a.b.c"}}') }, undefined]
]

for (const [title, places, token] of found) {
  test(`a token is found ${title}`, () => {
    assert.equal(find(places), token)
  })
}

test('the header comes before the subprotocol, and that before the query', () => {
  const query = { token: 'q1', access_token: 'q2', auth_token: 'q3' }
  assert.equal(find({ authorization: 'Bearer h', protocols: 'bearer.p', query }), 'h')
  assert.equal(find({ authorization: 'Basic h', protocols: 'bearer.p', query }), 'p')
  assert.equal(find({ query }), 'q1')
  assert.equal(find({ query: { ...query, token: undefined } }), 'q2')
})

test('a query that gives its token twice is refused', () => {
  assert.throws(() => find({ query: { token: ['a', 'b'] } }), {
    code: 'BAD_HANDSHAKE',
    faults: ['token is not a single text']
  })
})

test('a query that gives its token twice does not matter where it does not count', () => {
  assert.equal(find({ query: { token: ['a', 'b'] }, allowQuery: false }), undefined)
  assert.equal(find({ authorization: 'Bearer h', query: { token: ['a', 'b'] } }), 'h')
})
