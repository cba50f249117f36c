import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventKinds, isVisible, REPORT_KIND } from '../../../src/telemetry/kinds.ts'
import { rowsOf } from '../../documents/markdown.ts'

test('the document lists every kind of event, once', () => {
  const rows = rowsOf(readFileSync(new URL('../../../docs/telemetry.md', import.meta.url), 'utf8'))
  const listed = rows.flatMap(([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  assert.deepEqual(listed.sort(), eventKinds)
})

test('what clients report is a kind that can be chosen', () => assert.ok(eventKinds.includes(REPORT_KIND)))

test('an event that concerns the process is for those who see all, unless it says nothing of any tenant', () => {
  const open = [...eventKinds, 'unheard_of'].filter(kind => isVisible(kind, undefined, 'acme'))
  assert.deepEqual(open, ['system_started', 'system_stopping'])
  for (const kind of eventKinds) {
    assert.deepEqual(
      [isVisible(kind, 'acme', 'acme'), isVisible(kind, 'umbrella', 'acme'), isVisible(kind, 'umbrella', undefined)],
      [true, false, true]
    )
  }
})
