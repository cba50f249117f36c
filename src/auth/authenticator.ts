import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { ClaimRules } from './claims.ts'
import { type Fields, isFields } from './fields.ts'
import { anonymousIdentity, type Identity, identityFromClaims } from './identity.ts'
import type { Role } from './roles.ts'
import { findToken } from './token.ts'
import type { TokenVerifier } from './verifier.ts'

/** The part of an HTTP request that says who sends it. */
export interface Credentials {
  readonly headers: {
    readonly authorization?: string | undefined
    readonly 'sec-websocket-protocol'?: string | undefined
  }
  /** The query string, parsed. */
  readonly query: unknown
}

/** Tells who is at the other end. */
export interface Authenticator {
  /**
   * Who sends the request.
   *
   * @throws BusError AUTH_REQUIRED without a token; AUTH_INVALID with a bad one, and why only in its `cause`; OVERLOADED when the
   * keys to check it cannot be had at present; BAD_HANDSHAKE when a query field is at fault.
   */
  authenticate(request: Credentials): Promise<Identity>
  /** Who holds the token, for a refresh in band: errors as above. */
  identify(token: string): Promise<Identity>
}

/** What a token has to satisfy. */
export interface AuthenticatorOptions extends Omit<ClaimRules, 'nowMs'> {
  readonly clock: Clock
  readonly verifier: TokenVerifier
  /** Whether a token in the query string counts. */
  readonly allowQueryToken: boolean
}

/** Lets in whoever has a good token [limits.md, P9]. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock, verifier, allowQueryToken, ...rules } = options

  async function identify(token: string, query: Fields): Promise<Identity> {
    try {
      const claims = await verifier.verify(token)
      return identityFromClaims(claims, query, { ...rules, nowMs: clock.now() })
    } catch (error) {
      if (!(error instanceof BusError && error.code === 'AUTH_INVALID')) throw error
      throw new BusError('AUTH_INVALID', { faults: ['Invalid token'], cause: error })
    }
  }

  return {
    async authenticate({ headers, query }) {
      const fields = fieldsOf(query)
      const token = findToken({
        authorization: headers.authorization,
        protocols: headers['sec-websocket-protocol'],
        query: fields,
        allowQuery: allowQueryToken
      })
      if (token === undefined) throw new BusError('AUTH_REQUIRED', { faults: ['Missing bearer token'] })
      return identify(token, fields)
    },
    identify: token => identify(token, {})
  }
}

/** Lets in everyone, with the given role and without looking at tokens: authentication is off. */
export function createOpenDoor(role: Role): Authenticator {
  return {
    authenticate: async ({ query }) => anonymousIdentity(role, fieldsOf(query)),
    identify: async () => anonymousIdentity(role, {})
  }
}

function fieldsOf(query: unknown): Fields {
  return isFields(query) ? query : {}
}
