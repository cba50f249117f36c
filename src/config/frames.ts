import { int } from './key.ts'

/** Sizes and shapes of what comes in [limits.md, Limits]. */
export const frameKeys = {
  maxMessageBytes: int({
    env: ['ARQONBUS_MAX_MESSAGE_SIZE'],
    default: 1_048_576,
    min: 128,
    max: 67_108_864,
    description: 'Bytes of one WebSocket message.',
    limit: { row: 'message', over: 'closed with 1009' }
  }),
  maxFragments: int({
    env: ['ARQONBUS_MAX_FRAGMENTS'],
    default: 128,
    min: 1,
    max: 65_536,
    description: 'Frames that one WebSocket message may be cut into.',
    limit: { row: 'fragments of a message', over: 'closed with 1008' }
  }),
  maxBufferedChunks: int({
    env: ['ARQONBUS_MAX_BUFFERED_CHUNKS'],
    default: 1024,
    min: 1,
    max: 1_048_576,
    description: 'Pieces, as they come from the network, that may wait for the end of one frame.',
    limit: { row: 'buffered chunks of a message', over: 'closed with 1008' }
  }),
  maxBodyBytes: int({
    env: ['ARQONBUS_MAX_BODY_BYTES'],
    default: 1_048_576,
    min: 128,
    max: 67_108_864,
    description: 'Bytes of an HTTP body.',
    limit: { row: 'HTTP body', over: '413' }
  }),
  maxHeaderBytes: int({
    env: ['ARQONBUS_MAX_HEADER_BYTES'],
    default: 8192,
    min: 1024,
    max: 65_536,
    description: 'Bytes of the header block of a request.',
    limit: { row: 'HTTP header block', over: '431' }
  }),
  maxUrlBytes: int({
    env: ['ARQONBUS_MAX_URL_BYTES'],
    default: 2048,
    min: 128,
    max: 65_536,
    description: 'Bytes of the path and query of a request.',
    limit: { row: 'URL', over: '414' }
  }),
  maxJsonDepth: int({
    env: ['ARQONBUS_MAX_JSON_DEPTH'],
    default: 32,
    min: 2,
    max: 1000,
    description: 'Objects and arrays within each other in one message.',
    limit: { row: 'JSON depth', over: 'VALIDATION_ERROR' }
  }),
  maxJsonKeys: int({
    env: ['ARQONBUS_MAX_JSON_KEYS'],
    default: 1000,
    min: 16,
    max: 1_000_000,
    description: 'Keys of one object.',
    limit: { row: 'JSON keys of an object', over: 'VALIDATION_ERROR' }
  }),
  maxJsonNodes: int({
    env: ['ARQONBUS_MAX_JSON_NODES'],
    default: 10_000,
    min: 16,
    max: 10_000_000,
    description: 'Values of all kinds in one message.',
    limit: { row: 'JSON values of a message', over: 'VALIDATION_ERROR' }
  }),
  maxJsonKeyBytes: int({
    env: ['ARQONBUS_MAX_JSON_KEY_BYTES'],
    default: 256,
    min: 16,
    max: 65_536,
    description: 'Bytes of one key.',
    limit: { row: 'JSON key', over: 'VALIDATION_ERROR' }
  })
}
