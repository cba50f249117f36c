import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as ws from 'ws'
import { bodyOf, type Frame, frameOf } from '../../../src/protocol/frame.ts'

/** The part of `ws` that reads frames; the types of the package do not list it. */
interface Receiver {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  write(bytes: Buffer): boolean
}
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number; allowSynchronousEvents: boolean }) => Receiver
}

interface Read {
  readonly text: string
  readonly isBinary: boolean
}

/** What a WebSocket client makes of the bytes. */
function readAll(bytes: Buffer): Read[] {
  const receiver = new Receiver({ isServer: false, maxPayload: 0, allowSynchronousEvents: true })
  const messages: Read[] = []
  receiver.on('message', (data, isBinary) => messages.push({ text: data.toString(), isBinary }))
  receiver.on('error', error => assert.fail(error))
  receiver.write(bytes)
  return messages
}

/** A text of exactly so many bytes, made of one character as far as it goes. */
function textOf(bytes: number, character: string): string {
  const size = Buffer.byteLength(character)
  return character.repeat(Math.floor(bytes / size)) + 'x'.repeat(bytes % size)
}

const edges = [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537]

for (const bytes of edges) {
  test(`a text of ${bytes} bytes becomes a frame that a WebSocket client reads back`, () => {
    for (const character of ['a', 'é', '€', '😀']) {
      const text = textOf(bytes, character)
      const frame = frameOf(text)
      assert.equal(bodyOf(frame).toString(), text)
      assert.deepEqual(readAll(frame), [{ text, isBinary: false }])
    }
  })
}

test('the header is the shortest that the length allows', () => {
  const headerOf = (bytes: number): number => frameOf('a'.repeat(bytes)).length - bytes
  assert.deepEqual(
    edges.map(headerOf),
    edges.map(bytes => (bytes <= 125 ? 2 : bytes <= 65_535 ? 4 : 10))
  )
})

test('a frame is final, unmasked and of type text', () => {
  for (const bytes of edges) {
    const frame = frameOf('a'.repeat(bytes))
    assert.equal(frame[0], 0x81)
    assert.equal((frame[1] ?? 0) & 0x80, 0)
  }
})

test('any text goes into a frame and out again as UTF-8', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary', size: 'large' }), fc.constantFrom('\ud800', 'a\udc00b', '\ud83d'))
  fc.assert(
    fc.property(texts, text => {
      const frame: Frame = frameOf(text)
      const body = Buffer.from(text)
      assert.deepEqual(bodyOf(frame), body)
      assert.deepEqual(readAll(frame), [{ text: body.toString(), isBinary: false }])
    })
  )
})

test('frames one after the other are read as so many messages', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), texts => {
      const read = readAll(Buffer.concat(texts.map(frameOf)))
      assert.deepEqual(
        read.map(({ text }) => text),
        texts
      )
    })
  )
})
