import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameLog } from '../../../src/broker/frame-log.ts'
import { type Frame, frameOf, textOf } from '../../../src/protocol/frame.ts'

const PAGE_BYTES = 32_768

/** How many bytes of memory stand behind frames. */
function memoryBytes(frames: readonly Frame[]): number {
  return [...new Set(frames.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 70_000 }).map(length => 'é'.repeat(length)) }
)

test('a log gives the frames that encoding gives, and none is touched by those after it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean())), entries => {
      const log = new FrameLog()
      const kept = entries.map(([each, isCopy]) => (isCopy ? log.keep(frameOf(each)) : log.write(each)))
      for (const [index, frame] of kept.entries()) assert.deepEqual(frame, frameOf(entries[index]?.[0] ?? ''))
      assert.deepEqual(kept.map(textOf).join(), entries.map(([each]) => Buffer.from(each).toString()).join())
    })
  )
})

test('a copy does not change with what it was made of', () => {
  const frame = frameOf('before')
  const kept = new FrameLog().keep(frame)
  frame.fill(0)
  assert.equal(textOf(kept), 'before')
})

test('one short message takes a small page', () => {
  assert.equal(memoryBytes([new FrameLog().write('short')]), 1_024)
})

test('many messages share pages that grow up to a bound', () => {
  const log = new FrameLog()
  const frames = Array.from({ length: 2_000 }, () => log.write('x'.repeat(396)))
  const pages = new Set(frames.map(({ buffer }) => buffer))
  assert.equal(Math.max(...[...pages].map(({ byteLength }) => byteLength)), PAGE_BYTES)
  assert.ok(pages.size < 35)
})

test('whatever the lengths, little memory stays unused', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 50 }), lengths => {
      const log = new FrameLog()
      const frames = lengths.map(length => log.write('x'.repeat(length)))
      const usedBytes = frames.reduce((sum, frame) => sum + frame.length, 0)
      assert.ok(memoryBytes(frames) <= usedBytes * 1.5 + PAGE_BYTES)
    })
  )
})
