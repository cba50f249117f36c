import { type Static, Type } from '@sinclair/typebox'
import type { Json } from '../protocol/json.ts'
import { NAMESPACE_PATTERN } from './namespace.ts'

/** Half of a surrogate pair is no character: it has no UTF-8, and would come back as another key. */
const CHARACTERS = '[^\\ud800-\\udfff]'

const Namespace = Type.Optional(
  Type.String({
    pattern: NAMESPACE_PATTERN,
    expected: 'a name of 1 to 64 letters, digits, ".", "_", "-", or "tenant:" and such a name',
    description: 'Within the tenant; its own one, which is `default` or `tenant:<tenant>`, when absent'
  })
)
const Key = Type.String({
  pattern: `^${CHARACTERS}+$`,
  expected: 'text of at least one character',
  description: 'Any text of whole characters'
})
const Prefix = Type.String({
  pattern: `^${CHARACTERS}*$`,
  expected: 'text',
  description: 'What the keys begin with; `""` stands for all of them'
})
const Version = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    expected: 'a version, or 0',
    description: 'Only if the key is at this version; 0: only if it does not exist'
  })
)
const closed = { additionalProperties: false } as const

/** Names one key. */
export const KeyArgs = Type.Object(
  { key: Key, namespace: Namespace },
  { ...closed, examples: [{ key: 'agents/planner', namespace: 'lab' }] }
)

/** What is stored, and where. */
export const SetArgs = Type.Object(
  {
    key: Key,
    // A type, or a list of types, would let a validator that coerces turn null into something else.
    value: Type.Unsafe<Json>({
      not: { const: null },
      expected: 'any JSON value but null',
      description: 'Any JSON value but null'
    }),
    namespace: Namespace,
    ttl_seconds: Type.Optional(
      Type.Number({
        minimum: 1,
        expected: 'a number of at least 1',
        description: 'How long the key lives; without it, until it is deleted'
      })
    ),
    if_version: Version
  },
  {
    ...closed,
    examples: [
      { key: 'agents/planner', value: { state: 'idle' }, namespace: 'lab', ttl_seconds: 3600, if_version: 83127 }
    ]
  }
)

/** Names what is deleted. */
export const DeleteArgs = Type.Object(
  { key: Key, namespace: Namespace, if_version: Version },
  { ...closed, examples: [{ key: 'agents/planner', namespace: 'lab', if_version: 83127 }] }
)

/** Names a number and what is added to it. */
export const IncrementArgs = Type.Object(
  {
    key: Key,
    by: Type.Optional(
      Type.Integer({
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 1,
        expected: 'an integer',
        description: 'What is added; a key that does not exist counts as 0'
      })
    ),
    namespace: Namespace
  },
  { ...closed, examples: [{ key: 'tasks/done', by: 1, namespace: 'lab' }] }
)

/** Says which keys are listed. */
export const ListArgs = Type.Object(
  {
    namespace: Namespace,
    prefix: Type.Optional(Prefix),
    cursor: Type.Optional(
      Type.String({
        maxLength: 2048,
        expected: 'the `next_cursor` of an answer',
        description: 'Where to go on',
        examples: ['YWdlbnRzL3BsYW5uZXI']
      })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        expected: 'an integer of at least 1',
        description: 'Most keys in the answer; as many as there may be when absent'
      })
    )
  },
  { ...closed, examples: [{ namespace: 'lab', prefix: 'agents/', limit: 100 }] }
)

/** Says which keys are watched. */
export const WatchArgs = Type.Object(
  { prefix: Prefix, namespace: Namespace },
  { ...closed, examples: [{ prefix: 'agents/', namespace: 'lab' }] }
)

export type KeyArgs = Static<typeof KeyArgs>
export type SetArgs = Static<typeof SetArgs>
export type DeleteArgs = Static<typeof DeleteArgs>
export type IncrementArgs = Static<typeof IncrementArgs>
export type ListArgs = Static<typeof ListArgs>
export type WatchArgs = Static<typeof WatchArgs>
