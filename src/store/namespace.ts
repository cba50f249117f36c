import { BusError } from '../errors.ts'
import { NAME_PATTERN } from '../protocol/address.ts'
import type { Scope } from './store.ts'

/** Whoever names a namespace. */
export interface Resident {
  readonly tenant: string
  /** Whether it may go to other tenants. */
  readonly isSuperadmin: boolean
}

/** Where keys live, and what whoever named it calls it. */
export interface Place extends Scope {
  /** The namespace as it is shown to whoever named it. */
  readonly shown: string
}

/** The namespace that every tenant has for itself, and the tenant of those without one. */
const OWN = 'default'
const FOREIGN = 'tenant:'

/** What a namespace can be called: a name, or a tenant's own one as `tenant:<name>`. */
export const NAMESPACE_PATTERN = `^(?:${FOREIGN})?${NAME_PATTERN.slice(1)}`

/**
 * Finds out which namespace is meant [operators.md, op.store]. None, `default` and `tenant:<own tenant>` are the tenant's own one;
 * any other name is within the tenant. The own one of another tenant is open to a superadmin alone; whether that tenant exists makes no difference.
 *
 * @param given fits {@link NAMESPACE_PATTERN}
 * @throws {BusError} AUTHORIZATION_ERROR
 */
export function resolveNamespace(given: string | undefined, { tenant, isSuperadmin }: Resident): Place {
  if (given === undefined || given === OWN || given === FOREIGN + tenant)
    return { tenant, namespace: OWN, shown: tenant === OWN ? OWN : FOREIGN + tenant }
  if (!given.startsWith(FOREIGN)) return { tenant, namespace: given, shown: given }
  if (!isSuperadmin) throw new BusError('AUTHORIZATION_ERROR', { message: 'The namespace belongs to another tenant' })
  return { tenant: given.slice(FOREIGN.length), namespace: OWN, shown: given }
}
