import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { secretRules } from '../../../../src/casil/rules/index.ts'
import { firingRules } from './table.ts'

const folder = new URL('../../../../src/casil/rules/', import.meta.url)

test('the table has 25 formats and more, each with a name of its own', () => {
  const names = secretRules.map(rule => rule.name)
  assert.ok(names.length >= 25)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[a-z0-9]+(?:-[a-z0-9]+)+$/)
})

for (const rule of secretRules) {
  test(`${rule.name}: the source compiles as RE2 within 512 characters`, () => {
    assert.ok(rule.source.length <= 512)
    assert.ok(RE2JS.compile(rule.source).programSize() <= 256)
  })

  test(`${rule.name}: the example fires this rule and no other`, () => {
    assert.deepEqual(firingRules(rule.example), [rule.name])
  })

  test(`${rule.name}: the counter-example fires no rule`, () => {
    assert.deepEqual(firingRules(rule.counterExample), [])
  })

  test(`${rule.name}: the example is found between quotes, brackets, letters of other scripts and line breaks`, () => {
    for (const [head, tail] of [
      ['"', '"'],
      ['(', ')'],
      ['ключ:', '，'],
      ['\n', '\n'],
      ['`', '`;'],
      ['🔑', '🔑']
    ]) {
      assert.deepEqual(firingRules(`${head}${rule.example}${tail}`), [rule.name])
    }
  })

  test(`${rule.name}: description and reference are written out`, () => {
    assert.match(rule.description, /^[A-Z].{10,}[^.]$/)
    assert.match(rule.reference, /.{10,}/)
    assert.doesNotMatch(rule.reference, /:\/\//)
  })
}

test('a token is found behind an escape that still stands in the text', () => {
  const edged = secretRules.filter(rule => rule.source.startsWith('(?:\\b|_|'))
  assert.ok(edged.length > 20)
  for (const { name, example } of edged) {
    for (const head of ['\\n', '\\r', '\\t', '%3D', '%22', 'old_']) {
      assert.ok(firingRules(`a${head}${example}`).includes(name), `${name} behind ${head}`)
    }
  }
})

test('a check takes any text without an exception', () => {
  fc.assert(
    fc.property(fc.constantFrom(...secretRules), fc.string({ unit: 'binary', maxLength: 200 }), (rule, text) => {
      assert.equal(typeof (rule.check?.(text) ?? true), 'boolean')
    })
  )
})

test('text of digits, lower-case words and spaces fires no rule', () => {
  const word = fc.oneof(fc.stringMatching(/^[a-z]{1,12}$/), fc.stringMatching(/^[0-9]{1,12}$/))
  fc.assert(fc.property(fc.array(word, { maxLength: 60 }), words => assert.deepEqual(firingRules(words.join(' ')), [])))
})

test('no source file holds the text of an example', () => {
  const text = readdirSync(folder)
    .map(name => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')
  assert.deepEqual(firingRules(text), [])
})
