import { BusError } from '../errors.ts'

/** Says whether a token is genuine. */
export interface TokenVerifier {
  /**
   * The claims of a token whose signature is right. What they say is not checked.
   *
   * @throws BusError AUTH_INVALID when the token is not genuine, OVERLOADED when the keys to tell cannot be had at present.
   * Neither holds any part of the token.
   */
  verify(token: string): Promise<unknown>
}

/** Most characters in a token: it has to fit into the header block [limits.md, Limits]. */
export const MAX_TOKEN_LENGTH = 8192

/**
 * A verifier around a check of signatures, which returns the claims or throws. The check's own errors are replaced: they can
 * quote the token, or what stands in it.
 */
export function createVerifier(check: (token: string) => unknown): TokenVerifier {
  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw refuseToken('it is too long')
      try {
        return await check(token)
      } catch (error) {
        throw translate(error)
      }
    }
  }
}

function translate(error: unknown): BusError {
  const { code, originalError } = (error ?? {}) as { readonly code?: unknown; readonly originalError?: unknown }
  if (error instanceof BusError) return error
  if (originalError instanceof BusError) return originalError
  return refuseToken(typeof code === 'string' ? code : 'the check of its signature failed')
}

function refuseToken(reason: string): BusError {
  return new BusError('AUTH_INVALID', { message: `Token refused: ${reason}`, faults: [reason] })
}
