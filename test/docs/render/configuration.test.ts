import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderConfiguration } from '../../../docs/render/configuration.ts'
import { renderLimits } from '../../../docs/render/limits.ts'
import { configKeys } from '../../../src/config.ts'

test('every variable stands in one of the two documents, in one row', () => {
  const rows = `${renderConfiguration()}\n${renderLimits()}`.split('\n').filter(line => line.startsWith('|'))
  for (const name of configKeys.flatMap(key => key.env)) {
    assert.equal(rows.filter(row => row.includes(`\`${name}\``)).length, 1, name)
  }
})

test('every row of a table has as many cells as its head', () => {
  for (const table of `${renderConfiguration()}\n${renderLimits()}`.match(/(?:^\|.*\n)+/gm) ?? []) {
    const widths = table
      .trim()
      .split('\n')
      .map(line => line.match(/(?<!\\)\|/g)?.length)
    assert.equal(new Set(widths).size, 1, table)
  }
})
