import { type Static, Type } from '@sinclair/typebox'
import { NAME_PATTERN } from '../protocol/address.ts'
import { compileCheck } from '../protocol/schema.ts'
import { ALL, parseCapabilities } from './capabilities.ts'
import type { Identity } from './identity.ts'
import { roles } from './roles.ts'

const Text = Type.Optional(Type.String())
const WrittenSchema = Type.Object({
  subject: Text,
  role: Type.Union(roles.map(role => Type.Literal(role))),
  tenant: Type.String({ pattern: NAME_PATTERN }),
  channels: Type.Optional(Type.Object({ publish: Type.Array(Type.String()), subscribe: Type.Array(Type.String()) })),
  expiresAtMs: Type.Optional(Type.Number()),
  clientType: Type.String(),
  screenName: Text,
  avatar: Text,
  personality: Text,
  room: Text,
  channel: Text
})

const checkShape = compileCheck(WrittenSchema)

/** An identity as it can be written in JSON for other nodes. It holds permissions, and nothing that proves who somebody is. */
export function writeIdentity({ capabilities, ...identity }: Identity): object {
  const { publish, subscribe } = capabilities
  const isBounded = publish !== undefined || subscribe !== undefined
  return isBounded ? { ...identity, channels: { publish: publish ?? [], subscribe: subscribe ?? [] } } : identity
}

/** The identity that {@link writeIdentity} wrote. @throws {Error} naming every fault */
export function readIdentity(written: unknown): Identity {
  const faults = checkShape(written)
  if (faults.length > 0) throw new Error(faults.join('; '))
  const { channels, subject, expiresAtMs, ...identity } = written as Static<typeof WrittenSchema>
  const capabilities = channels === undefined ? ALL : parseCapabilities(channels, faults)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return Object.freeze({ ...identity, subject, expiresAtMs, capabilities })
}
