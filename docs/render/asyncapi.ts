import { renderServed } from './app.ts'

/** The whole of `openapi/asyncapi.json`: the frames of the sockets. */
export function renderAsyncApi(): Promise<string> {
  return renderServed(app => app.asyncapi())
}
