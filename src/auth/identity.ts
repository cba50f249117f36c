import { BusError } from '../errors.ts'
import { isName } from '../protocol/address.ts'
import { ALL, type Capabilities, parseCapabilities } from './capabilities.ts'
import { type ClaimRules, checkParties, checkTimes, readSubject } from './claims.ts'
import { type ClientFields, type Fields, fieldOf, isFields, readClientFields } from './fields.ts'
import { hasRole, parseRole, type Role } from './roles.ts'

/** Who is at the other end of a connection, and what it may do. Role, tenant and capabilities come from nowhere but a token. */
export interface Identity {
  /** The token's `sub`; undefined without a token, or when the token names nobody. */
  readonly subject: string | undefined
  readonly role: Role
  readonly tenant: string
  readonly capabilities: Capabilities
  /** When the token ends, in milliseconds since the epoch; undefined without a token. */
  readonly expiresAtMs: number | undefined
  /** `human`, `ai-agent`, `dashboard`, `service` or any other `[a-z0-9-]{1,32}`. */
  readonly clientType: string
  readonly screenName?: string | undefined
  readonly avatar?: string | undefined
  readonly personality?: string | undefined
  /** Initial address: the connection joins it. A channel never stands without a room. */
  readonly room?: string | undefined
  readonly channel?: string | undefined
}

/** Whose tokens name no tenant, and who is without a token. */
const DEFAULT_TENANT = 'default'
const DEFAULT_CLIENT_TYPE = 'human'

/**
 * The identity behind a verified token [protocol.md, Connect]. Client fields of the claims win over those of the query.
 * The room and the channel are one address: the query's channel counts only when the claims name neither a channel nor another room.
 *
 * @throws BusError AUTH_INVALID when a claim is at fault. Its message and faults are for the log: a peer learns no more than the code.
 * @throws BusError BAD_HANDSHAKE when a query field is at fault; `faults` names every one.
 */
export function identityFromClaims(claims: unknown, query: Fields, rules: ClaimRules): Identity {
  const identity = readClaims(claims, rules)
  return withQuery(identity, query)
}

/**
 * The identity of a connection without a token: the given role in the default tenant, allowed everything that the role may.
 *
 * @throws BusError BAD_HANDSHAKE when a query field is at fault; `faults` names every one.
 */
export function anonymousIdentity(role: Role, query: Fields): Identity {
  return withQuery(
    { subject: undefined, role, tenant: DEFAULT_TENANT, capabilities: ALL, expiresAtMs: undefined, ...silent },
    query
  )
}

/**
 * Whether somebody may change what is of all tenants: a superadmin, and an admin of no tenant in particular. What an admin of one
 * tenant does must not be seen in another [limits.md, P7].
 */
export function isAdminOfAll({ role, tenant }: Pick<Identity, 'role' | 'tenant'>): boolean {
  return hasRole(role, 'superadmin') || (hasRole(role, 'admin') && tenant === DEFAULT_TENANT)
}

type ClaimedIdentity = Omit<Identity, 'clientType'> & ClientFields

const silent: ClientFields = {
  clientType: undefined,
  screenName: undefined,
  avatar: undefined,
  personality: undefined,
  room: undefined,
  channel: undefined
}

function readClaims(claims: unknown, rules: ClaimRules): ClaimedIdentity {
  if (!isFields(claims)) throw refuseToken(['the claims are not an object'])
  const faults: string[] = []
  const expiresAtMs = checkTimes(claims, rules, faults)
  checkParties(claims, rules, faults)
  const subject = readSubject(claims, faults)
  const role = parseRole(fieldOf(claims, 'role'))
  if (role === undefined) faults.push('role is not text')
  const named = fieldOf(claims, 'tenant_id')
  const tenant = named === undefined ? DEFAULT_TENANT : named
  const hasTenant = typeof tenant === 'string' && isName(tenant)
  if (!hasTenant) faults.push('tenant_id is not a name')
  const capabilities = parseCapabilities(fieldOf(claims, 'channels'), faults)
  const fields = readClientFields(claims, faults)
  if (fields.channel !== undefined && fields.room === undefined) faults.push('channel stands without a room')
  if (faults.length > 0 || role === undefined || !hasTenant) throw refuseToken(faults)
  return { subject, role, tenant, capabilities, expiresAtMs, ...fields }
}

function withQuery(claimed: ClaimedIdentity, query: Fields): Identity {
  const faults: string[] = []
  const said = readClientFields(query, faults)
  const room = claimed.room ?? said.room
  const isSameRoom = said.room === undefined || said.room === room
  const channel = claimed.channel ?? (isSameRoom ? said.channel : undefined)
  if (channel !== undefined && room === undefined) faults.push('channel stands without a room')
  if (faults.length > 0) throw new BusError('BAD_HANDSHAKE', { faults })
  return Object.freeze({
    ...claimed,
    clientType: claimed.clientType ?? said.clientType ?? DEFAULT_CLIENT_TYPE,
    screenName: claimed.screenName ?? said.screenName,
    avatar: claimed.avatar ?? said.avatar,
    personality: claimed.personality ?? said.personality,
    room,
    channel
  })
}

function refuseToken(faults: readonly string[]): BusError {
  return new BusError('AUTH_INVALID', { message: `Token refused: ${faults.join('; ')}`, faults })
}
