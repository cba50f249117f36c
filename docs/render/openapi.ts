import { renderServed } from './app.ts'

/** The whole of `openapi/openapi.json`: the operations of HTTP. */
export function renderOpenApi(): Promise<string> {
  return renderServed(app => app.swagger())
}
