import { BusClientError } from './error.ts'

/** Gets a token; rejects with TOKEN when there is none, and when the signal says that it is not wanted any more. */
export type TokenSource = (signal: AbortSignal) => Promise<string>

/**
 * What the caller gave, with an end: one that never answers would keep the client from ever coming back.
 * @param timeoutMs how long it may take, in milliseconds
 */
export function boundTokenSource(getToken: () => string | Promise<string>, timeoutMs: number): TokenSource {
  return signal =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(new Error(`getToken took more than ${timeoutMs} ms`)), timeoutMs)
      signal.addEventListener('abort', onAbort)
      Promise.resolve().then(getToken).then(take, fail)

      function onAbort(): void {
        fail(signal.reason)
      }

      function take(token: string): void {
        settle()
        resolve(token)
      }

      function fail(cause: unknown): void {
        settle()
        reject(new BusClientError('TOKEN', 'no token could be had', { cause, retry: true }))
      }

      function settle(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
    })
}
