/** What a connection may do, from least to most. `admin` is for one tenant, `superadmin` for every tenant. */
export const roles = ['user', 'admin', 'superadmin'] as const

/** One of {@link roles}. */
export type Role = (typeof roles)[number]

/** Whether a holder of the role `actual` may do what asks for `needed`. */
export function hasRole(actual: Role, needed: Role): boolean {
  return roles.indexOf(actual) >= roles.indexOf(needed)
}

/**
 * The role that a token's claim gives [protocol.md, Connect]: in any case of letters, and `user` when it is absent or unknown,
 * so that a role made for another service never opens anything here. Anything but text is not a role: undefined.
 */
export function parseRole(claim: unknown): Role | undefined {
  if (claim === undefined) return 'user'
  if (typeof claim !== 'string') return undefined
  const name = claim.toLowerCase()
  return roles.find(role => role === name) ?? 'user'
}
