import { EnvelopeSchema } from '../../src/protocol/envelope.ts'
import { plainSchema } from './schema.ts'

const DIALECT = 'http://json-schema.org/draft-07/schema#'

/** The whole of `openapi/envelope.schema.json`: a frame as a client sends it. */
export function renderEnvelopeSchema(): string {
  return `${JSON.stringify({ $schema: DIALECT, ...plainSchema(EnvelopeSchema) }, null, 2)}\n`
}
