import assert from 'node:assert/strict'
import { createDecoder, FrameError } from '../../../src/protocol/codec.ts'
import { type Envelope, EnvelopeSchema, ID_PATTERN } from '../../../src/protocol/envelope.ts'
import type { JsonBounds } from '../../../src/protocol/json.ts'

/** The defaults of the configuration [limits.md, Limits]. */
export const defaults: JsonBounds = { depth: 32, keysPerObject: 1000, nodes: 10_000, keyBytes: 256 }
export const decode = createDecoder(defaults)

/** The refusal of a text; fails when it is taken, or when anything but a FrameError comes out. */
export function refusalOf(text: string, decodeText = decode): FrameError {
  try {
    decodeText(text)
  } catch (error) {
    assert.ok(error instanceof FrameError, `not a FrameError: ${error}`)
    assert.equal(error.code, 'VALIDATION_ERROR')
    return error
  }
  assert.fail(`was taken: ${text.slice(0, 200)}`)
}

/** The faults of a frame that has to be refused. */
export function faultsOf(frame: object | string): readonly string[] {
  return refusalOf(typeof frame === 'string' ? frame : JSON.stringify(frame)).faults
}

/** The envelope of a frame that has to be taken. */
export function decodeFrame(frame: object): Envelope {
  return decode(JSON.stringify(frame))
}

/** Decodes what may be sound or not, and checks that a refusal is one a client can be told. */
export function tryDecode(text: string): Envelope | FrameError {
  try {
    return decode(text)
  } catch (error) {
    assert.ok(error instanceof FrameError, `not a FrameError: ${error}`)
    assert.equal(error.code, 'VALIDATION_ERROR')
    assert.ok(error.faults.length > 0 && error.faults.length <= 64)
    for (const fault of error.faults) assert.ok(fault.length <= 256, fault)
    if (error.requestId !== undefined) assert.match(error.requestId, new RegExp(ID_PATTERN))
    return error
  }
}

/** The keys of an envelope that a client may send. */
export const fieldNames = Object.keys(EnvelopeSchema.properties)
